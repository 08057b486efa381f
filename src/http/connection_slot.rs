// SPDX-License-Identifier: GPL-2.0-or-later
//! Passes a connection to the HTTP library and back.

use std::sync::{Arc, Mutex, PoisonError};

use super::connection::Connection;

/// The agent takes its connection from this slot. The connection returns to it if another exchange may follow.
#[derive(Clone, Debug, Default)]
pub(super) struct ConnectionSlot(Arc<Mutex<Option<Box<Connection>>>>);

impl ConnectionSlot {
    pub(super) fn put(&self, connection: Box<Connection>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(connection);
    }

    pub(super) fn take(&self) -> Option<Box<Connection>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
