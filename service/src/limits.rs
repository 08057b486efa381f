// SPDX-License-Identifier: GPL-2.0-or-later

//! Limits of number and time for connections.

use std::num::NonZeroUsize;
use std::time::Duration;

use crate::start_error::StartError;

/// What connections may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many connections may be open at a time, all listeners together.
    pub connections: NonZeroUsize,
    /// How long the head of the first request may take, from the accept on, TLS handshake included.
    pub first_head: Duration,
    /// How long a connection may be idle between two requests, the head of the next one included.
    pub idle: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: MOST,
            first_head: Duration::from_secs(5),
            idle: Duration::from_secs(60),
        }
    }
}

impl Limits {
    /// The number of connections: as `wanted`, else as many as `open_files` permit, at most 4096.
    ///
    /// Some files stay reserved for listeners, lists and the runtime.
    pub fn connections(
        wanted: Option<NonZeroUsize>,
        open_files: usize,
    ) -> Result<NonZeroUsize, StartError> {
        let reserved = RESERVED.min(open_files / 2);
        let possible = NonZeroUsize::new(open_files - reserved).unwrap_or(NonZeroUsize::MIN);
        match wanted {
            Some(wanted) if wanted > possible => Err(StartError::new(format!(
                "--max-connections {wanted}: the limit of open files is {open_files}; allowed: 1 to {possible}, \
                 or raise the limit (ulimit -Hn, LimitNOFILE=)"
            ))),
            Some(wanted) => Ok(wanted),
            None => Ok(possible.min(MOST)),
        }
    }
}

/// Far more than the processes of a SIP server open. A connection costs about 30 kB.
const MOST: NonZeroUsize = NonZeroUsize::new(4096).expect("not zero");
const RESERVED: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_connections_follows_the_limit_of_open_files() {
        for (wanted, open_files, connections) in [
            (0, 1, 1),
            (0, 20, 10),
            (0, 256, 224),
            (0, 1024, 992),
            (0, usize::MAX, 4096),
            (1, 256, 1),
            (224, 256, 224),
            (100_000, usize::MAX, 100_000),
        ] {
            let found = Limits::connections(NonZeroUsize::new(wanted), open_files);
            assert_eq!(
                found.map(NonZeroUsize::get),
                Ok(connections),
                "{open_files}"
            );
        }
        let error = Limits::connections(NonZeroUsize::new(225), 256).expect_err("too many");
        assert!(
            error.to_string().starts_with(
                "--max-connections 225: the limit of open files is 256; allowed: 1 to 224, "
            ),
            "{error}"
        );
    }
}
