// SPDX-License-Identifier: GPL-2.0-or-later
//! The shared memory of workers, used by real processes. Some of them are killed.

#![allow(
    unsafe_code,
    clippy::undocumented_unsafe_blocks,
    clippy::multiple_unsafe_ops_per_block,
    clippy::expect_used,
    missing_docs,
    reason = "a test that forks"
)]

mod cache;
mod child;
mod in_flight;
mod lists;

use std::time::Duration;

use numbers_online::cache::{Key, KeyMaker, Scope};
use numbers_online::config::{AllowCode, ApiUrl, DecisionOptions, Threshold};
use numbers_online::number::Number;

pub(crate) const TTL: Duration = Duration::from_secs(60);
pub(crate) const LONG: Duration = Duration::from_secs(10);
pub(crate) const LATE: Duration = Duration::from_secs(2);

/// Keys of fictional numbers.
pub(crate) struct Keys(KeyMaker);

impl Keys {
    pub(crate) fn new() -> Self {
        let url = ApiUrl::new("https://numbers.online").expect("usable");
        let scope = Scope {
            api_url: &url,
            api_url_backup: None,
            is_verified: true,
            ttl: TTL,
        };
        let options = DecisionOptions {
            allow_code: AllowCode::new(503).expect("503"),
            spam_threshold: Threshold::new(80).expect("80"),
            redirect_threshold: None,
            block_invalid: true,
            block_reassigned: false,
        };
        Self(KeyMaker::new(b"key", scope, &options))
    }

    /// Different classes give different keys for one number.
    pub(crate) fn nth(&self, class: u64) -> Key {
        let number = Number::new(b"+14155550123", None).expect("a global number");
        self.0.key(&number, &class.to_string())
    }
}
