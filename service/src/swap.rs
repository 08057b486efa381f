// SPDX-License-Identifier: GPL-2.0-or-later

//! A shared value that can be replaced while it is read.

use std::sync::{Arc, PoisonError, RwLock};

/// Readers take the current value and keep it as long as they need it. A replacement affects later readers only.
#[derive(Debug)]
pub(crate) struct Swap<T>(RwLock<Arc<T>>);

impl<T> Swap<T> {
    pub(crate) fn new(value: Arc<T>) -> Self {
        Self(RwLock::new(value))
    }

    pub(crate) fn current(&self) -> Arc<T> {
        // No code panics while it holds the lock, and the value is replaced whole.
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn replace(&self, value: Arc<T>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = value;
    }
}
