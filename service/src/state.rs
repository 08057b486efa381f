// SPDX-License-Identifier: GPL-2.0-or-later

//! What the handlers share.

use std::sync::Arc;
use std::time::Duration;

use ring::rand::SystemRandom;
use rustls::ServerConfig;

use crate::country::Country;
use crate::keys::KeyRing;
use crate::lists::Lists;
use crate::swap::Swap;

/// What every handler may read.
#[derive(Debug)]
pub(crate) struct AppState {
    pub(crate) files: Arc<Files>,
    pub(crate) default_country: Option<Country>,
    pub(crate) delay: Duration,
    pub(crate) random: SystemRandom,
}

/// The content of the files that a reload reads again.
///
/// A request uses the keys and lists that were current when it arrived. A connection uses the certificate that was
/// current when it was accepted.
#[derive(Debug)]
pub struct Files {
    pub(crate) keys: Swap<KeyRing>,
    pub(crate) lists: Swap<Lists>,
    /// Absent without an HTTPS listener.
    pub(crate) tls: Option<Swap<ServerConfig>>,
}
