// SPDX-License-Identifier: GPL-2.0-or-later
//! What the outcome of a request proves, and about which host.

use std::time::Duration;

use crate::cause::Cause;
use crate::failure::Failure;

/// The outcome of a request, classified by its possible sender and by what it concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// The API answered with its documented JSON and accepted the key. What the answer says about the number does not matter here.
    Accepted,
    /// The API answered. It is not certain whether it accepted the key.
    Alive,
    /// The API refuses the key.
    KeyRefused,
    /// The API refuses the signature of the request.
    SignatureRefused,
    /// The API wants the account topped up or verified.
    AccountRefused,
    /// The API wants no more requests for this long; `None` if it does not say.
    Throttled(Option<Duration>),
    /// No answer of the API. The request itself, and so the number in it, may be the reason.
    NoAnswer,
    /// No connection. No number can be the reason.
    Unreachable,
    /// Nothing about the API: the request was not made, or this machine lacked a resource.
    Nothing,
}

impl Evidence {
    /// What a failed request proves.
    #[must_use]
    pub fn of(failure: Failure, cause: Option<Cause>, retry_after: Option<Duration>) -> Self {
        match failure {
            // The answer of an intermediary, with any status.
            _ if matches!(cause, Some(Cause::HttpIntermediary | Cause::OtherNumber)) => {
                Self::NoAnswer
            }
            Failure::Http400 | Failure::Http404 | Failure::Http4xx | Failure::ServerFailopen => {
                Self::Accepted
            }
            Failure::Schema => Self::Alive,
            Failure::Http401 | Failure::Http403 | Failure::ClockSkew => Self::KeyRefused,
            Failure::Signature => Self::SignatureRefused,
            Failure::Http402 => Self::AccountRefused,
            Failure::Http429 => Self::Throttled(retry_after),
            Failure::TimeoutResponse
            | Failure::Reset
            | Failure::Http5xx
            | Failure::HttpOther
            | Failure::TooLarge
            | Failure::Parse => Self::NoAnswer,
            Failure::TimeoutDns
            | Failure::TimeoutConnect
            | Failure::TimeoutTls
            | Failure::Dns
            | Failure::Connect
            | Failure::Tls => Self::Unreachable,
            Failure::None
            | Failure::TimeoutQueue
            | Failure::BreakerOpen
            | Failure::RateLimited
            | Failure::Shed
            | Failure::NoNumber
            | Failure::Anonymous
            | Failure::NoKey
            | Failure::NoContact
            | Failure::Internal => Self::Nothing,
        }
    }

    /// Whether the number that was asked about may be the reason of the failure. Such a number is not asked about for a while.
    #[must_use]
    pub fn may_be_about_the_number(self) -> bool {
        matches!(self, Self::Accepted | Self::Alive | Self::NoAnswer)
    }
}

/// The result of a check of the API's health.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// The API says that it works.
    Good,
    /// The check failed for a reason of our own.
    Unknown(Failure),
    /// The failure may be about the health endpoint alone: another program answers for it, it is silent, or it wants a key. A
    /// request about a number proves more then.
    Doubtful(Failure),
    /// The API says that it does not work, or there is no connection. No request can succeed.
    Bad(Failure),
}

impl Health {
    /// What a failed check proves, given its evidence.
    #[must_use]
    pub fn of(failure: Failure, cause: Option<Cause>, evidence: Evidence) -> Self {
        match evidence {
            Evidence::Nothing => Self::Unknown(failure),
            Evidence::Unreachable => Self::Bad(failure),
            // With a known cause it is not the API's own 5xx.
            _ if failure == Failure::Http5xx && cause.is_none() => Self::Bad(failure),
            _ => Self::Doubtful(failure),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Evidence, Health};
    use crate::cause::Cause;
    use crate::failure::Failure;

    #[test]
    fn an_answer_of_an_intermediary_is_none_of_the_api() {
        for failure in [
            Failure::Http400,
            Failure::Http404,
            Failure::Http4xx,
            Failure::Http5xx,
            Failure::Parse,
        ] {
            assert_eq!(
                Evidence::of(failure, Some(Cause::HttpIntermediary), None),
                Evidence::NoAnswer
            );
        }
    }

    #[test]
    fn a_shortage_of_our_own_proves_nothing() {
        for failure in [Failure::Shed, Failure::Internal, Failure::TimeoutQueue] {
            let evidence = Evidence::of(failure, None, None);
            assert_eq!(evidence, Evidence::Nothing);
            assert!(!evidence.may_be_about_the_number());
        }
    }

    #[test]
    fn a_health_that_others_may_have_spoiled_is_doubtful() {
        let page = Some(Cause::HttpIntermediary);
        for (failure, cause, health) in [
            (Failure::Http5xx, None, Health::Bad(Failure::Http5xx)),
            (Failure::Connect, None, Health::Bad(Failure::Connect)),
            (Failure::Shed, None, Health::Unknown(Failure::Shed)),
            (Failure::Http5xx, page, Health::Doubtful(Failure::Http5xx)),
            (Failure::Http4xx, page, Health::Doubtful(Failure::Http4xx)),
            (
                Failure::HttpOther,
                None,
                Health::Doubtful(Failure::HttpOther),
            ),
            (Failure::Http401, None, Health::Doubtful(Failure::Http401)),
            (
                Failure::TimeoutResponse,
                None,
                Health::Doubtful(Failure::TimeoutResponse),
            ),
        ] {
            let evidence = Evidence::of(failure, cause, None);
            assert_eq!(
                Health::of(failure, cause, evidence),
                health,
                "{failure:?} {cause:?}"
            );
        }
    }
}
