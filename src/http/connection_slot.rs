// SPDX-License-Identifier: GPL-2.0-or-later
//! How a connection goes to the HTTP library and comes back.

use std::sync::{Arc, Mutex, PoisonError};

use super::connection::Connection;

/// Where the agent finds its connection, and where the connection is again when another exchange may follow.
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
