// SPDX-License-Identifier: GPL-2.0-or-later
//! Calls a second with an API that answers at once, against a bare reply and against scripts without the module.

mod servers;

use std::process;
use std::time::Duration;

use testbed::Result;
use testbed::sip::{Client, Request, Transport};

use self::servers::Candidate;

use crate::installation::{Installation, Running, median, say};
use crate::load::Load;
use crate::processes::cpu;
use crate::report::{Report, real};
use crate::stub::Stub;
use crate::table::Table;

/// SIP workers of each server.
const WORKERS: usize = 4;

/// How often each server is measured, in turn with the others, so that other load of the machine affects all of them.
const ROUNDS: usize = 8;

/// How long, each time.
const SPAN: Duration = Duration::from_secs(1);

/// One server.
struct Variant {
    candidate: Candidate,
    server: Running,
    rounds: Vec<Round>,
}

/// One measurement of it.
struct Round {
    report: Report,
    /// Processor time of the server.
    cpu: Duration,
    /// Processor time of this process: the sender and the API.
    ours: Duration,
    requests: u64,
}

/// Runs the benchmark for all servers, or for those whose columns are named.
pub(crate) fn run(only: &[String]) -> Result<()> {
    let installation = Installation::new()?;
    let stub = Stub::blocking_calls()?;
    let title = "API on loopback answers at once";
    compare(
        &installation,
        title,
        &stub,
        servers::all(&installation, &stub)?,
        only,
    )?;
    let stub = Stub::over_tls(installation.file("authority.pem"))?;
    let title = "the same over HTTPS, as the real API is";
    compare(
        &installation,
        title,
        &stub,
        servers::uncached(&installation, &stub),
        only,
    )
}

fn compare(
    installation: &Installation,
    title: &str,
    stub: &Stub,
    candidates: Vec<Candidate>,
    only: &[String],
) -> Result<()> {
    let mut variants = candidates
        .into_iter()
        .filter(|candidate| only.is_empty() || only.iter().any(|name| name == candidate.short))
        .map(|candidate| {
            Ok(Variant {
                server: installation.start(&candidate.setup)?,
                candidate,
                rounds: Vec::new(),
            })
        })
        .collect::<Result<Vec<_>>>()?;
    say(&format!(
        "throughput: {WORKERS} workers, {title}; {ROUNDS} rounds of {} s in turn",
        SPAN.as_secs()
    ));
    for variant in &variants {
        if variant.candidate.has_emergency {
            let mut request = Request::invite("sip:+12025550123@192.0.2.1");
            "sip:911@192.0.2.1".clone_into(&mut request.uri);
            let address = variant.server.host.address();
            let reply = Client::connect(Transport::Udp, address)?.call(&request)?;
            if reply.status != 503 {
                return Err(format!("an emergency call got {}", reply.status).into());
            }
        }
        // Fills caches, and makes the connections that are made on first use.
        variant.load(Duration::from_millis(300)).run()?;
    }
    for _ in 0..ROUNDS {
        for variant in &mut variants {
            variant.measure(stub)?;
        }
    }
    print(&variants);
    for variant in variants {
        variant.server.host.stop()?;
    }
    Ok(())
}

impl Variant {
    fn load(&self, span: Duration) -> Load {
        let load = Load::closed(self.server.host.address(), span);
        Load {
            callers: self.candidate.callers,
            ..load
        }
    }

    fn measure(&mut self, stub: &Stub) -> Result<()> {
        let own = || cpu(process::id()).unwrap_or_default();
        let (cpu, ours, requests) = (self.server.cpu(), own(), stub.requests());
        let report = self.load(SPAN).run()?;
        self.rounds.push(Round {
            report,
            cpu: self.server.cpu().saturating_sub(cpu),
            ours: own().saturating_sub(ours),
            requests: stub.requests() - requests,
        });
        self.server.host.check()
    }

    /// The median over the rounds.
    fn median(&self, figure: impl Fn(&Round) -> f64) -> f64 {
        median(&self.rounds.iter().map(figure).collect::<Vec<_>>())
    }
}

impl Round {
    /// The part of the answered calls that got the API's decision.
    fn decided(&self) -> f64 {
        let blocked = self.report.statuses.get(&603).copied().unwrap_or(0);
        real(blocked) / real(self.report.answered().max(1))
    }

    /// Calls a second that got it.
    fn rate(&self) -> f64 {
        self.report.rate() * self.decided()
    }

    /// Microseconds for each call.
    fn per_call(&self, span: Duration) -> f64 {
        span.as_secs_f64() * 1e6 / real(self.report.answered().max(1))
    }
}

fn print(variants: &[Variant]) {
    let mut headings = vec![
        "",
        "calls/s",
        "p50 ms",
        "p99 ms",
        "max ms",
        "lost",
        "CPU us/call",
        "sender, API",
        "requests/call",
        "603 %",
    ];
    let names: Vec<String> = variants
        .iter()
        .map(|variant| format!("x {}", variant.candidate.short))
        .collect();
    headings.extend(names.iter().map(String::as_str));
    let mut table = Table::new(&headings);
    for variant in variants {
        let answered = |round: &Round| real(round.report.answered().max(1));
        let mut row = vec![variant.candidate.name.to_owned()];
        row.push(format!("{:.0}", variant.median(Round::rate)));
        for percent in [50, 99, 100] {
            row.push(format!(
                "{:.2}",
                variant.median(|round| round.report.latency(percent))
            ));
        }
        let lost: u64 = variant.rounds.iter().map(|round| round.report.lost).sum();
        row.push(lost.to_string());
        for figure in [
            |round: &Round| round.per_call(round.cpu),
            |round: &Round| round.per_call(round.ours),
        ] {
            row.push(format!("{:.1}", variant.median(figure)));
        }
        let requests = variant.median(|round| real(round.requests) / answered(round));
        row.push(format!("{requests:.2}"));
        row.push(format!(
            "{:.1}",
            variant.median(|round| 100.0 * round.decided())
        ));
        row.extend(variants.iter().map(|other| {
            // Round by round, because the speed of the machine varies.
            let rounds = variant.rounds.iter().zip(&other.rounds);
            let ratios = rounds.map(|(ours, theirs)| ours.rate() / theirs.rate().max(1.0));
            format!("{:.2}", median(&ratios.collect::<Vec<_>>()))
        }));
        table.row(row);
    }
    table.print();
    say("calls/s: with the API's decision; x: as a multiple of another row, median of the rounds");
}
