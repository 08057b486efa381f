// SPDX-License-Identifier: GPL-2.0-or-later

//! The way to the API: name resolution, connection, TLS, HTTP, and what it tells about clock and latency.

use std::time::Duration;

use numbers_online::cause::Cause;
use numbers_online::config::Roots;
use numbers_online::engine::Engine;
use numbers_online::failure::Failure;
use numbers_online::http::Phase;
use numbers_online::worker::Worker;

use super::advice;
use super::check::Check;
use crate::log::Silent;

/// Makes one connection and one request to `api_url`. Names begin with `prefix`.
pub(super) fn checks(engine: &Engine, prefix: &str) -> Vec<Check> {
    let (probe, skew) = Worker::of_program(engine, &Silent).measure();
    let timeout = engine.config.timeout.span();
    let is_verified = !matches!(engine.config.roots, Roots::Unverified);
    let phases = probe.phases.iter();
    let mut checks: Vec<_> = phases
        .filter(|(phase, _)| *phase != Phase::Response)
        .map(|(phase, took)| reached(*phase, *took, is_verified))
        .collect();
    let total = probe.phases.iter().map(|(_, took)| *took).sum();
    match probe.outcome {
        Err(failure) => checks.push(failed(failure, probe.cause, engine)),
        Ok(status) => {
            let response = probe
                .phases
                .last()
                .map_or(Duration::ZERO, |(_, took)| *took);
            checks.push(http(status, response, engine));
            checks.push(latency(total, timeout));
        }
    }
    checks.extend(skew.map(|skew| clock(skew, engine.config.signing_secrets.is_on())));
    for check in &mut checks {
        check.name.insert_str(0, prefix);
    }
    checks
}

fn reached(phase: Phase, took: Duration, is_verified: bool) -> Check {
    let name = match phase {
        Phase::Dns => "dns",
        Phase::Connect => "connect",
        Phase::Tls => "tls",
        Phase::Response => HTTP,
    };
    let finding = milliseconds(took);
    let check = if phase == Phase::Tls && !is_verified {
        let finding = format!("{finding}, the certificate is not verified");
        Check::warn(name, finding, "set ca_file instead of tls_insecure")
    } else {
        Check::ok(name, finding)
    };
    check.with(TOOK, took.as_micros())
}

fn failed(failure: Failure, cause: Option<Cause>, engine: &Engine) -> Check {
    let name = match failure {
        Failure::Dns | Failure::TimeoutDns => "dns",
        Failure::Connect | Failure::TimeoutConnect | Failure::Shed => "connect",
        Failure::Tls | Failure::TimeoutTls => "tls",
        _ => HTTP,
    };
    let url = engine.config.api_url.join("");
    let names = cause.map_or(failure.as_str().to_owned(), |cause| {
        format!("{}, {}", failure.as_str(), cause.as_str())
    });
    let finding = format!("{url}: {} ({names})", advice::meaning(failure));
    Check::fail(name, finding, advice::about(failure, cause))
}

fn http(status: u16, took: Duration, engine: &Engine) -> Check {
    let url = engine.config.api_url.join("/api/health");
    let finding = format!("{url} answers {status} in {}", milliseconds(took));
    let check = match status {
        200 => Check::ok(HTTP, finding),
        404 => Check::warn(
            HTTP,
            finding,
            "check the path of api_url; an API without that endpoint works all the same",
        ),
        500..=599 => Check::fail(
            HTTP,
            finding,
            "the API or a proxy before it is not working: try again later",
        ),
        _ => Check::fail(
            HTTP,
            finding,
            "this is probably not the API: check api_url, and what is between this machine and it",
        ),
    };
    check.with(TOOK, took.as_micros())
}

/// A call that needs a new connection takes as long; one on an open connection takes the last phase alone.
fn latency(total: Duration, timeout: Duration) -> Check {
    let finding = format!(
        "{} with a new connection, of {} ms of timeout",
        milliseconds(total),
        timeout.as_millis()
    );
    let check = if total * 2 > timeout {
        Check::warn(
            LATENCY,
            finding,
            "little is left for the API: raise timeout, or use a nearer name server or service",
        )
    } else {
        Check::ok(LATENCY, finding)
    };
    check.with(TOOK, total.as_micros())
}

fn clock(skew: i64, is_signed: bool) -> Check {
    let finding = match skew {
        0 => "right to the second".to_owned(),
        1.. => format!("{skew} s behind the API"),
        _ => format!("{} s ahead of the API", skew.unsigned_abs()),
    };
    let advice = "set this machine's clock, by NTP for one";
    let check = match skew.unsigned_abs() {
        0..=GOOD_SKEW_S => Check::ok(CLOCK, finding),
        SIGNATURE_WINDOW_S.. if is_signed => Check::fail(
            CLOCK,
            format!("{finding}: the API refuses signatures"),
            advice,
        ),
        _ => Check::warn(CLOCK, finding, advice),
    };
    check.with("ahead_s", skew.saturating_neg())
}

fn milliseconds(span: Duration) -> String {
    format!("{:.1} ms", span.as_secs_f64() * 1000.0)
}

const HTTP: &str = "http";
const LATENCY: &str = "latency";
const CLOCK: &str = "clock";
const TOOK: &str = "took_us";

/// Such a difference may be due to the network and to the resolution of the Date header.
const GOOD_SKEW_S: u64 = 30;

/// How far the timestamp of a signed request may be off (operator request signing).
const SIGNATURE_WINDOW_S: u64 = 300;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{clock, latency};
    use crate::doctor::check::Status;

    #[test]
    fn a_clock_that_is_off_is_worse_with_signatures() {
        for (skew, is_signed, status) in [
            (0, true, Status::Ok),
            (30, true, Status::Ok),
            (-31, true, Status::Warn),
            (299, true, Status::Warn),
            (-300, true, Status::Fail),
            (300, false, Status::Warn),
            (i64::MIN, true, Status::Fail),
        ] {
            assert_eq!(clock(skew, is_signed).status, status, "{skew}");
        }
    }

    #[test]
    fn more_than_half_of_the_timeout_is_slow() {
        let timeout = Duration::from_millis(400);
        for (milliseconds, status) in [(1, Status::Ok), (200, Status::Ok), (201, Status::Warn)] {
            let check = latency(Duration::from_millis(milliseconds), timeout);
            assert_eq!(check.status, status, "{milliseconds}");
        }
    }
}
