// SPDX-License-Identifier: GPL-2.0-or-later

//! What the handlers share.

use std::sync::Arc;
use std::time::Duration;

use ring::rand::SystemRandom;
use rustls::ServerConfig;
use tokio::time::sleep;
use tracing::error;

use crate::country::Country;
use crate::keys::KeyRing;
use crate::lists::Lists;
use crate::receipt::ReceiptId;
use crate::signing_key::SigningKey;
use crate::swap::Swap;

/// What every handler may read.
#[derive(Debug)]
pub(crate) struct AppState {
    pub(crate) files: Arc<Files>,
    pub(crate) default_country: Option<Country>,
    pub(crate) delay: Duration,
    pub(crate) random: SystemRandom,
}

impl AppState {
    /// The lists of this moment, after the delay of the test aid.
    pub(crate) async fn lists(&self) -> Arc<Lists> {
        let lists = self.files.lists.current();
        if !self.delay.is_zero() {
            sleep(self.delay).await;
        }
        lists
    }

    /// A new receipt id. There is none, and a line in the log, if the operating system gives no random bytes.
    pub(crate) fn receipt_id(&self) -> Option<ReceiptId> {
        let receipt_id = ReceiptId::random(&self.random);
        if receipt_id.is_err() {
            error!("the operating system gives no random bytes for a receipt id");
        }
        receipt_id.ok()
    }
}

/// The content of the files that a reload reads again.
///
/// A request uses the keys, lists and signing key that were current when it arrived. A connection uses the certificate that was
/// current when it was accepted.
#[derive(Debug)]
pub struct Files {
    pub(crate) keys: Swap<KeyRing>,
    pub(crate) lists: Swap<Lists>,
    pub(crate) signing_key: Swap<SigningKey>,
    /// Absent without an HTTPS listener.
    pub(crate) tls: Option<Swap<ServerConfig>>,
}
