// SPDX-License-Identifier: GPL-2.0-or-later
//! The known addresses of one name, and when the name servers are asked again.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use super::dns::{Family, Found};
use crate::deadline::Deadline;
use crate::failure::Failure;

/// The addresses of one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Known {
    /// IPv6 and IPv4 in turn.
    pub(super) addresses: Vec<IpAddr>,
    /// None of them took the last connection.
    pub(super) refused: bool,
    /// Until then they hold.
    fresh: Deadline,
    /// When the name servers were asked last.
    asked: Instant,
    /// The answer about one address family is missing.
    half: bool,
    /// How many attempts to renew the answer failed in a row.
    failed_renewals: u32,
}

impl Known {
    /// The addresses after a lookup that began at `asked` and ended at `now`. `Err` if there are none.
    pub(super) fn after(
        before: Option<&Self>,
        outcome: Result<Found, Failure>,
        asked: Instant,
        now: Instant,
    ) -> Result<Self, Failure> {
        let found = match (outcome, before) {
            (Ok(found), _) => found,
            (Err(failure), None) => return Err(failure),
            (Err(_), Some(before)) => {
                return Ok(Self {
                    fresh: Deadline::after(now, AFTER_FAILURE),
                    asked,
                    failed_renewals: before.failed_renewals.saturating_add(1),
                    ..before.clone()
                });
            }
        };
        let mut addresses = found.addresses;
        let mut lifetime = found.lifetime.clamp(SHORTEST, LONGEST);
        if let Some(family) = found.unanswered {
            let earlier = before.iter().flat_map(|before| &before.addresses);
            addresses.extend(earlier.filter(|address| family.has(address)));
            // Asked again at the next call. Where the other half is missing for good, that is once a second.
            lifetime = match before {
                Some(before) if before.half => SHORTEST,
                _ => Duration::ZERO,
            };
        }
        Ok(Self {
            addresses: in_turn(&addresses),
            refused: false,
            fresh: Deadline::after(now, lifetime),
            asked,
            half: found.unanswered.is_some(),
            failed_renewals: 0,
        })
    }

    /// Whether the name servers are to be asked again.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        let refused = self.refused && now.duration_since(self.asked) >= RETRY;
        refused || self.fresh.is_over(now)
    }

    /// Until when a call waits for a newer answer: not long, where these addresses serve as well.
    pub(super) fn wait(&self, deadline: Deadline, now: Instant) -> Deadline {
        let half = deadline.left(now).unwrap_or_default() / 2;
        if self.refused {
            return deadline.or_after(now, half);
        }
        // The answer of a name server that always needs longer than the first wait must be received too.
        let wait = RENEWAL_WAIT * (1 << self.failed_renewals.min(LONGEST_WAIT_SHIFT));
        deadline.or_after(now, wait.min(half))
    }
}

/// Orders addresses so that neither family has to fail wholly before the other is tried (RFC 8305 section 4).
fn in_turn(addresses: &[IpAddr]) -> Vec<IpAddr> {
    let (mut v6, mut v4): (Vec<IpAddr>, Vec<IpAddr>) = addresses
        .iter()
        .rev()
        .partition(|address| Family::V6.has(address));
    let mut mixed = Vec::with_capacity(addresses.len());
    while !(v6.is_empty() && v4.is_empty()) {
        mixed.extend(v6.pop());
        mixed.extend(v4.pop());
    }
    mixed
}

/// How long a call waits for a newer answer at first; after each failure twice as long, up to 160 ms.
const RENEWAL_WAIT: Duration = Duration::from_millis(20);
const LONGEST_WAIT_SHIFT: u32 = 3;

/// After a failure the last good addresses are used this long before the name servers are asked again.
const AFTER_FAILURE: Duration = Duration::from_secs(5);

/// How often a name is asked about while none of its addresses takes connections.
const RETRY: Duration = Duration::from_secs(1);

/// Bounds of a time to live: an answer with none must not cost a lookup a call, one of weeks must not outlive a move.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(3600);

#[cfg(test)]
mod tests {
    use std::net::IpAddr;
    use std::time::{Duration, Instant};

    use super::super::dns::{Family, Found};
    use super::{Known, in_turn};
    use crate::deadline::Deadline;
    use crate::failure::Failure;

    const MS: Duration = Duration::from_millis(1);

    fn addresses(list: &[&str]) -> Vec<IpAddr> {
        list.iter()
            .map(|address| address.parse().expect("an address"))
            .collect()
    }

    fn found(list: &[&str], seconds: u64, unanswered: Option<Family>) -> Found {
        Found {
            addresses: addresses(list),
            lifetime: Duration::from_secs(seconds),
            unanswered,
        }
    }

    fn known(before: Option<&Known>, found: Found, at: Instant) -> Known {
        Known::after(before, Ok(found), at, at).expect("known")
    }

    #[test]
    fn the_families_take_turns() {
        for (found, order) in [
            (
                &["192.0.2.1", "192.0.2.2", "2001:db8::1"][..],
                &["2001:db8::1", "192.0.2.1", "192.0.2.2"][..],
            ),
            (
                &["2001:db8::1", "2001:db8::2", "192.0.2.1"],
                &["2001:db8::1", "192.0.2.1", "2001:db8::2"],
            ),
            (&["192.0.2.1"], &["192.0.2.1"]),
            (&[], &[]),
        ] {
            assert_eq!(in_turn(&addresses(found)), addresses(order));
        }
    }

    #[test]
    fn a_complete_answer_holds_for_its_time_within_bounds() {
        let now = Instant::now();
        for (ttl, holds_ms) in [(0, 1_000), (30, 30_000), (1_000_000, 3_600_000)] {
            let known = known(None, found(&["192.0.2.1"], ttl, None), now);
            assert!(!known.is_due(now + MS * (holds_ms - 1)), "{ttl}");
            assert!(known.is_due(now + MS * holds_ms), "{ttl}");
        }
    }

    #[test]
    fn half_an_answer_is_asked_about_again_and_keeps_the_other_half() {
        let now = Instant::now();
        let whole = known(None, found(&["192.0.2.1", "2001:db8::1"], 30, None), now);
        let half = || found(&["2001:db8::2"], 30, Some(Family::V4));
        let first = known(Some(&whole), half(), now);
        assert_eq!(first.addresses, addresses(&["2001:db8::2", "192.0.2.1"]));
        assert!(first.is_due(now), "at the next call");
        // The second time the half is not news.
        let second = known(Some(&first), half(), now);
        assert!(!second.is_due(now + 999 * MS) && second.is_due(now + 1_000 * MS));
        let whole = known(Some(&second), found(&["192.0.2.7"], 30, None), now);
        assert_eq!(whole.addresses, addresses(&["192.0.2.7"]));
        assert!(!whole.is_due(now + 29_000 * MS));
    }

    #[test]
    fn addresses_that_refuse_are_asked_about_once_a_second() {
        let now = Instant::now();
        let mut known = known(None, found(&["192.0.2.1"], 600, None), now);
        assert!(!known.is_due(now + 2_000 * MS));
        known.refused = true;
        assert!(!known.is_due(now + 999 * MS) && known.is_due(now + 1_000 * MS));
        // A name server that is down as well does not change that.
        let later = now + 1_000 * MS;
        let known = Known::after(Some(&known), Err(Failure::TimeoutDns), later, later);
        let known = known.expect("the old addresses");
        assert!(!known.is_due(later + 999 * MS) && known.is_due(later + 1_000 * MS));
    }

    #[test]
    fn a_call_waits_briefly_for_a_newer_answer_and_longer_if_it_has_none() {
        let now = Instant::now();
        let deadline = Deadline::after(now, 400 * MS);
        let mut current = known(None, found(&["192.0.2.1"], 30, None), now);
        for wait in [20, 40, 80, 160, 160] {
            assert_eq!(current.wait(deadline, now), Deadline::after(now, wait * MS));
            let failed = Known::after(Some(&current), Err(Failure::TimeoutDns), now, now);
            current = failed.expect("the old addresses");
        }
        let soon = Deadline::after(now, 20 * MS);
        assert_eq!(current.wait(soon, now), Deadline::after(now, 10 * MS));
        current.refused = true;
        assert_eq!(current.wait(deadline, now), Deadline::after(now, 200 * MS));
        assert!(current.is_due(now + 5_000 * MS) && !current.is_due(now + 500 * MS));
    }

    #[test]
    fn nothing_is_known_after_a_failure_alone() {
        let now = Instant::now();
        assert_eq!(
            Known::after(None, Err(Failure::Dns), now, now),
            Err(Failure::Dns)
        );
    }
}
