// SPDX-License-Identifier: GPL-2.0-or-later
//! The redirect server before, during and after an outage of the API, against the same server without any lookup.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use testbed::Result;

use crate::installation::{Installation, make_lean, median, say};
use crate::load::Load;
use crate::report::Report;
use crate::stub::Stub;
use crate::table::Table;

/// SIP workers.
const WORKERS: usize = 8;

/// The whole time for a lookup, in milliseconds.
const TIMEOUT: i64 = 400;

/// How long a rate is measured, where nothing changes.
const SPAN: Duration = Duration::from_secs(3);

/// How long the API answers before the outage.
const HEALTHY: Duration = Duration::from_millis(1500);

/// How long the rate is recorded after the breaker opened.
const AFTER: Duration = Duration::from_secs(4);

/// The share of the rate without lookups that counts as recovered.
const SHARE: f64 = 0.9;

/// Runs the benchmark.
pub(crate) fn run() -> Result<()> {
    let installation = Installation::new()?;
    let mut stub = Stub::blocking_calls()?;
    let routes = routes()?;
    let modules = ["maxfwd", "sanity"].map(str::to_owned);
    let without = routes.replace("numbers_online_decide();", NO_LOOKUP);
    let mut setup = installation.lean("without", WORKERS, &without);
    setup.modules.extend(modules.clone());
    let plain = installation.start(&setup)?;
    let mut setup = installation
        .with_module("outage", WORKERS, &stub.url())
        .param("timeout", TIMEOUT);
    setup.modules.extend(modules);
    make_lean(&mut setup, &routes);
    let server = installation.start(&setup)?;
    say(&format!(
        "outage: {WORKERS} workers, timeout {TIMEOUT} ms, kamailio-cfg/numbers_online_sbc.cfg with and without its lookup"
    ));

    let measure =
        |server: &crate::installation::Running| Load::closed(server.host.address(), SPAN).run();
    let mut baseline = vec![measure(&plain)?];
    let load = Load::closed(
        server.host.address(),
        HEALTHY + Duration::from_secs(2) + AFTER,
    );
    let course = thread::spawn(move || load.run());
    thread::sleep(HEALTHY);
    let gone = Instant::now();
    stub.turn_into_a_black_hole()?;
    let opened = wait_for_the_breaker(&server, gone)?;
    let course = course.join().map_err(|_| "the sender panicked")??;
    baseline.push(measure(&plain)?);
    // The breaker stays open; a trial every breaker_retry seconds costs one worker the timeout.
    let mut later = Vec::new();
    for _ in 0..2 {
        later.push(measure(&server)?);
        baseline.push(measure(&plain)?);
    }
    print(&course, &baseline, &later, gone, opened);
    server.host.stop()?;
    plain.host.stop()
}

/// The routes of the project's redirect server.
fn routes() -> Result<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../kamailio-cfg/numbers_online_sbc.cfg");
    let text = fs::read_to_string(&file).map_err(|e| format!("{}: {e}", file.display()))?;
    let (_, routes) = text
        .split_once("####### Routing #######")
        .ok_or("numbers_online_sbc.cfg has no routing section")?;
    if routes.contains("numbers_online_decide();") {
        Ok(routes.to_owned())
    } else {
        Err("numbers_online_sbc.cfg does not decide".into())
    }
}

fn wait_for_the_breaker(server: &crate::installation::Running, gone: Instant) -> Result<Instant> {
    while gone.elapsed() < Duration::from_secs(10) {
        if server.host.log().text().contains("breaker open") {
            return Ok(Instant::now());
        }
        thread::sleep(Duration::from_millis(2));
    }
    Err(format!("the breaker did not open\n{}", server.host.log().tail()).into())
}

fn print(course: &Report, baseline: &[Report], later: &[Report], gone: Instant, opened: Instant) {
    let rates: Vec<f64> = baseline.iter().map(Report::rate).collect();
    let base = median(&rates);
    let mut table = Table::new(&["", "calls/s", "x without lookups"]);
    let mut row = |what: &str, rate: f64| {
        table.row(vec![
            what.to_owned(),
            format!("{rate:.0}"),
            format!("{:.2}", rate / base),
        ]);
    };
    row("without lookups", base);
    let warm = course.started + Duration::from_millis(300);
    row("API answers", course.rate_between(warm, gone));
    row(
        "API black-holed, breaker closed",
        course.rate_between(gone, opened),
    );
    for (what, from, to) in [
        ("breaker open, 0.0 to 0.5 s", 0, 500),
        ("breaker open, 0.5 to 1.0 s", 500, 1000),
        ("breaker open, 1.0 to 2.0 s", 1000, 2000),
        ("breaker open, 2.0 to 4.0 s", 2000, 4000),
    ] {
        let after = |millis| opened + Duration::from_millis(millis);
        row(what, course.rate_between(after(from), after(to)));
    }
    let rates: Vec<f64> = later.iter().map(Report::rate).collect();
    row("breaker open, later", median(&rates));
    table.print();
    let back = (0..100)
        .map(|step| Duration::from_millis(40) * step)
        .find(|since| {
            let from = opened + *since;
            course.rate_between(from, from + Duration::from_millis(400)) >= SHARE * base
        });
    say(&format!(
        "the breaker opened {} ms after the API was gone; back at {:.0} % of the rate without lookups {}; lost calls: {}",
        opened.duration_since(gone).as_millis(),
        SHARE * 100.0,
        back.map_or("never".to_owned(), |since| format!(
            "{} ms later",
            since.as_millis()
        )),
        course.lost + later.iter().map(|report| report.lost).sum::<u64>(),
    ));
}

/// The replacement of a lookup: sets the AVPs that the script uses.
const NO_LOOKUP: &str = "$avp(nol_code) = 503;\n\t$avp(nol_phrase) = \"Service Unavailable\";";
