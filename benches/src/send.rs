// SPDX-License-Identifier: GPL-2.0-or-later
//! The sender by itself.

use std::process;
use std::time::Duration;

use testbed::Result;

use crate::installation::say;
use crate::invite::Callers;
use crate::load::{Load, Pace};
use crate::processes::cpu;
use crate::report::real;

/// The usage.
pub(crate) const USAGE: &str = "send to=127.0.0.1:5060 [rate=CALLS_A_SECOND | window=OPEN_CALLS] [seconds=5] [callers=1] [ack=1]";

/// Sends a load with these options, and prints the result.
pub(crate) fn run(options: &[String]) -> Result<()> {
    let option = |name: &str| {
        options
            .iter()
            .filter_map(|option| option.split_once('='))
            .find(|(given, _)| *given == name)
            .map(|(_, value)| value)
    };
    let number = |name: &str, default: u32| match option(name) {
        None => Ok(default),
        Some(value) => value
            .parse()
            .map_err(|_| format!("{name}={value}: not a number")),
    };
    let server = option("to").ok_or(USAGE)?;
    let load = Load {
        server: server
            .parse()
            .map_err(|_| format!("to={server}: not ADDRESS:PORT"))?,
        pace: match number("rate", 0)? {
            0 => Pace::Closed(number("window", 128)?),
            rate => Pace::Open(rate),
        },
        span: Duration::from_secs(number("seconds", 5)?.clamp(1, 3600).into()),
        callers: Callers::Numbers(number("callers", 1)?),
        ack: number("ack", 1)? != 0,
    };
    let report = load.run()?;
    say(&format!(
        "sent {}, answered {} ({:.0}/s), lost {}; p50 {:.2} ms, p99 {:.2} ms, max {:.2} ms; {}; the sender itself took {:.1} us of CPU a call",
        report.sent,
        report.answered(),
        report.rate(),
        report.lost,
        report.latency(50),
        report.latency(99),
        report.latency(100),
        report
            .statuses
            .iter()
            .map(|(status, count)| format!("{status}: {count}"))
            .collect::<Vec<_>>()
            .join(", "),
        cpu(process::id()).unwrap_or_default().as_secs_f64() * 1e6 / real(report.sent.max(1)),
    ));
    Ok(())
}
