// SPDX-License-Identifier: GPL-2.0-or-later
//! How late the function returns with peers that break the protocol or stall ("rude peers"), over many calls for each kind.

mod cases;

use std::collections::BTreeMap;
use std::env;
use std::thread;
use std::time::Duration;

use testbed::sip::{Client, Request, Transport};
use testbed::{Api, Authority, BlackHole, Dns, Flaw, Identity, Netns, Plan, Result, Setup, Zone};

use self::cases::{Case, Peer};
use crate::installation::{Installation, say};
use crate::table::Table;

/// The whole time for a lookup, in milliseconds. Short, so that many calls fit into a minute: what is measured is the time
/// beyond it.
const TIMEOUT: i64 = 100;

/// Overrun that the project aims at, in milliseconds.
const TARGET: u32 = 20;

/// The name of the API for cases with a rude name server.
const HOST: &str = "api.nol.test";

/// The result of one call.
struct Sample {
    failure: String,
    /// Microseconds past the deadline; negative before it.
    overrun: i64,
}

/// All calls of a case, and how long the workers waited for a processor meanwhile.
type Met = (Vec<Sample>, Duration);

/// Runs the benchmark, or those of its cases whose name contains `filter`: `CALLS` calls a case, 1,000 if it is not set.
pub(crate) fn run(filter: &str) -> Result<()> {
    let calls: usize = match env::var("CALLS") {
        Ok(text) if !text.is_empty() => text.parse().map_err(|_| "CALLS must be a number")?,
        _ => 1000,
    };
    let installation = Installation::new()?;
    let authority = Authority::new()?;
    authority.write(&installation.file("ca.pem"))?;
    say(&format!(
        "deadline: {calls} calls a case, 16 at a time and 2 where the peer floods, timeout {TIMEOUT} ms; milliseconds past the deadline, target below {TARGET}"
    ));
    let mut table = Table::new(&[
        "case",
        "p50",
        "p99",
        "worst overrun",
        "CPU wait",
        "nol_failure",
    ]);
    let mut worst = i64::MIN;
    for case in cases::all()
        .into_iter()
        .filter(|case| case.name.contains(filter))
    {
        let missing = case.peer.needs_namespace().then(Netns::missing).flatten();
        if let Some(what) = missing {
            say(&format!("{}: skipped, needs {what}", case.name));
            continue;
        }
        let (mut samples, waited) = play(&installation, &authority, &case, calls)?;
        samples.sort_by_key(|sample| sample.overrun);
        worst = worst.max(samples.last().map_or(i64::MIN, |sample| sample.overrun));
        table.row(row(&case.name, &samples, waited));
    }
    table.print();
    say(&format!("the latest of all: {} ms", millis(worst)));
    say(
        "CPU wait: how long a worker that was ready to run waited for a processor, per call; it is in the overrun",
    );
    Ok(())
}

fn play(
    installation: &Installation,
    authority: &Authority,
    case: &Case,
    calls: usize,
) -> Result<Met> {
    let names = ["localhost", "127.0.0.1", HOST];
    let api = |plan: &Plan, flaw: Option<Flaw>| {
        let identity: Option<Identity> = flaw
            .map(|flaw| authority.identity(&names, flaw))
            .transpose()?;
        Api::start(([127, 0, 0, 1], 0).into(), identity, plan.clone())
    };
    match &case.peer {
        Peer::Http(plan) => {
            let api = api(plan, None)?;
            ask(&setup(installation, case, &api.url()), installation, calls)
        }
        Peer::Https(plan, flaw) => {
            let api = api(plan, Some(*flaw))?;
            ask(&setup(installation, case, &api.url()), installation, calls)
        }
        Peer::Swallows => {
            let hole = BlackHole::at(([127, 0, 0, 1], 0).into())?;
            let url = format!("https://localhost:{}", hole.address().port());
            ask(&setup(installation, case, &url), installation, calls)
        }
        Peer::Names(manner) => {
            let netns = Netns::new("nameserver 127.0.0.1\n")?;
            let mut setup = setup(installation, case, &format!("https://{HOST}"));
            setup.netns = Some(netns.name().to_owned());
            netns.run(|| {
                let zone = Zone::of(&[[127, 0, 0, 1].into()]).with(*manner);
                let _dns = Dns::start(([127, 0, 0, 1], 53).into(), zone)?;
                ask(&setup, installation, calls)
            })
        }
    }
}

fn setup(installation: &Installation, case: &Case, url: &str) -> Setup {
    installation
        .with_module(&case.name, case.at_once, url)
        .param("timeout", TIMEOUT)
        .param("ca_file", installation.file("ca.pem").display().to_string())
        // Every call must reach the peer.
        .param("breaker_errors", 0)
}

/// Makes calls: one caller for each worker, each with one call at a time.
fn ask(setup: &Setup, installation: &Installation, calls: usize) -> Result<Met> {
    let mut server = installation.start(setup)?;
    let address = server.host.address();
    let waited = server.waited();
    // Each call from a different number: calls from one number would share a request.
    let caller = |number: usize, calls: usize| {
        let from = format!("sip:+120255501{number:02}@carrier.example");
        let mut client = Client::connect(Transport::Udp, address)?;
        let call = |_| {
            let reply = client.call(&Request::invite(&from))?;
            Ok(Sample {
                failure: reply.avp("failure").to_owned(),
                overrun: reply.number("latency_us")? - TIMEOUT * 1000,
            })
        };
        (0..calls).map(call).collect::<Result<Vec<_>>>()
    };
    let samples = thread::scope(|scope| {
        let callers: Vec<_> = (0..setup.children)
            .map(|number| {
                let calls = (calls + number) / setup.children;
                scope.spawn(move || caller(number, calls))
            })
            .collect();
        let finish = |caller: thread::ScopedJoinHandle<'_, Result<Vec<Sample>>>| {
            caller.join().map_err(|_| "a caller panicked")?
        };
        callers.into_iter().map(finish).collect::<Result<Vec<_>>>()
    });
    let samples = samples.map_err(|e| format!("{e}\n{}", server.host.log().tail()))?;
    server.host.check()?;
    let waited = server.waited().saturating_sub(waited);
    server.host.stop()?;
    Ok((samples.into_iter().flatten().collect(), waited))
}

/// `samples` are sorted.
fn row(name: &str, samples: &[Sample], waited: Duration) -> Vec<String> {
    let calls = u32::try_from(samples.len()).unwrap_or(1).max(1);
    let wait = format!("{:.2}", (waited / calls).as_secs_f64() * 1000.0);
    let last = samples.len().saturating_sub(1);
    let at = |percent: usize| {
        let sample = samples.get(last * percent / 100);
        sample.map_or("-".to_owned(), |sample| millis(sample.overrun))
    };
    let mut failures: BTreeMap<&str, usize> = BTreeMap::new();
    for sample in samples {
        *failures.entry(&sample.failure).or_default() += 1;
    }
    let failures = match failures.len() {
        1 => failures.into_keys().collect(),
        _ => failures
            .iter()
            .map(|(failure, count)| format!("{failure} {count}"))
            .collect::<Vec<_>>()
            .join(", "),
    };
    vec![name.to_owned(), at(50), at(99), at(100), wait, failures]
}

fn millis(micros: i64) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    format!(
        "{sign}{}.{:02}",
        micros.abs() / 1000,
        micros.abs() % 1000 / 10
    )
}
