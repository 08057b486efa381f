// SPDX-License-Identifier: GPL-2.0-or-later
//! `cache_*`.

use std::time::Duration;

use super::{BadParameter, Given};

/// How answers are kept.
#[derive(Clone, Debug)]
pub struct CacheConfig {
    /// How long an answer holds, 1 s to 30 days (the API's terms); zero switches the cache off.
    pub ttl: Duration,
    /// Number of answers kept.
    pub entries: usize,
    /// A second level that several servers share.
    pub redis: Option<RedisUrl>,
}

/// `redis://HOST[:PORT][/DATABASE]`.
#[derive(Clone)]
pub struct RedisUrl(redis::ConnectionInfo);

impl CacheConfig {
    pub(super) fn new(given: &Given) -> Result<Self, BadParameter> {
        let ttl = u32::try_from(given.cache_ttl)
            .ok()
            .filter(|ttl| *ttl <= THIRTY_DAYS);
        let ttl = ttl.ok_or_else(|| {
            BadParameter::new(
                "cache_ttl",
                given.cache_ttl,
                "0 (off) or 1..2592000 seconds",
            )
        })?;
        let entries = usize::try_from(given.cache_size)
            .ok()
            .filter(|size| (64..=16_777_216).contains(size));
        Ok(Self {
            ttl: Duration::from_secs(ttl.into()),
            entries: entries.ok_or_else(|| {
                BadParameter::new("cache_size", given.cache_size, "64..16777216 entries")
            })?,
            redis: RedisUrl::new(&given.cache_redis)?,
        })
    }

    /// Whether answers are kept at all.
    #[must_use]
    pub fn is_on(&self) -> bool {
        !self.ttl.is_zero()
    }
}

impl RedisUrl {
    fn new(url: &str) -> Result<Option<Self>, BadParameter> {
        if url.is_empty() {
            return Ok(None);
        }
        let allowed = "redis://HOST[:PORT][/DATABASE], a password with it as redis://:PASSWORD@HOST, or empty";
        // The URL may hold a password: it is not repeated.
        let refused = || BadParameter::new("cache_redis", "***", allowed);
        if !url.starts_with("redis://") {
            return Err(refused());
        }
        redis::IntoConnectionInfo::into_connection_info(url)
            .ok()
            .filter(|info| !matches!(info.addr(), redis::ConnectionAddr::Tcp(_, 0)))
            .map(|info| Some(Self(info)))
            .ok_or_else(refused)
    }

    /// Where it is.
    #[must_use]
    pub fn connection(&self) -> &redis::ConnectionInfo {
        &self.0
    }
}

impl std::fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0.addr())
    }
}

const THIRTY_DAYS: u32 = 30 * 24 * 3600;

#[cfg(test)]
mod tests {
    use super::super::tests::given;
    use super::{CacheConfig, Given};

    #[test]
    fn a_value_out_of_range_is_named() {
        for (given, line) in [
            (
                Given {
                    cache_ttl: -1,
                    ..given()
                },
                "parameter cache_ttl: \"-1\"",
            ),
            (
                Given {
                    cache_ttl: 2_592_001,
                    ..given()
                },
                "parameter cache_ttl: \"2592001\"",
            ),
            (
                Given {
                    cache_size: 0,
                    ..given()
                },
                "parameter cache_size: \"0\"",
            ),
            (
                Given {
                    cache_size: 16_777_217,
                    ..given()
                },
                "parameter cache_size: \"16777217\"",
            ),
            (
                Given {
                    cache_redis: "127.0.0.1".to_owned(),
                    ..given()
                },
                "parameter cache_redis: \"***\"",
            ),
            (
                Given {
                    cache_redis: "rediss://127.0.0.1".to_owned(),
                    ..given()
                },
                "parameter cache_redis: \"***\"",
            ),
        ] {
            let refused = CacheConfig::new(&given).expect_err("refused").to_string();
            assert!(refused.starts_with(line), "{refused}");
        }
        let url = "redis://:secret@127.0.0.1:6379/1".to_owned();
        let config = CacheConfig::new(&Given {
            cache_redis: url,
            ..given()
        })
        .expect("usable");
        assert!(config.is_on() && !format!("{config:?}").contains("secret"));
    }
}
