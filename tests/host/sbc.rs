// SPDX-License-Identifier: GPL-2.0-or-later
//! SBCs in front of the redirect servers: each as a `SIPp` scenario of `tests/sipp/`, which docs/sbc/ describes.
use std::{path::Path, sync::Arc, time::Duration};

use libtest_mimic::Trial;
use testbed::{Api, Plan, Result, Setup, Sipp, answer, sip::Transport};

use crate::{
    bench::{Bench, Running},
    expect::{holds, same},
    redirect_server,
    subject::Subject,
    suite::{Needs, Suite},
};

/// An SBC: its scenario, its transport, and the `allow_code` that it needs.
struct Sbc {
    scenario: &'static str,
    transport: Transport,
    allow_code: i64,
}

const SBCS: [Sbc; 5] = [
    Sbc {
        scenario: "sansay",
        transport: Transport::Udp,
        allow_code: 503,
    },
    Sbc {
        scenario: "oracle",
        transport: Transport::Udp,
        allow_code: 404,
    },
    Sbc {
        scenario: "prosbc",
        transport: Transport::Udp,
        allow_code: 404,
    },
    Sbc {
        scenario: "ribbon",
        transport: Transport::Udp,
        allow_code: 404,
    },
    Sbc {
        scenario: "metaswitch",
        transport: Transport::Tcp,
        allow_code: 404,
    },
];

/// The callers of the scenarios.
const BLOCKED: &str = "+13105550140";
const ALLOWED: &str = "+13105550141";
const REDIRECTED: &str = "+13105550142";

const CONTACT: &str = "sip:ivr@192.0.2.50";

/// The trials of this file.
pub(crate) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    SBCS.into_iter()
        .map(|sbc| {
            let name = format!("sbc/{}", sbc.scenario);
            suite.trial(subject, &name, needs(), move |bench| served(bench, &sbc))
        })
        .collect()
}

/// Trials that do not depend on the form.
pub(crate) fn server_trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let name = "sbc/a scenario notices the wrong allow_code";
    vec![suite.trial(subject, name, needs(), misconfigured)]
}

fn needs() -> Needs {
    Needs {
        sipp: true,
        ..redirect_server::needs()
    }
}

fn setup(bench: &Bench, api: &Api, allow_code: i64) -> Result<Setup> {
    Ok(redirect_server::setup(bench, api)?
        .param("allow_code", allow_code)
        .param("redirect_threshold", 90)
        .param("redirect_contact", CONTACT))
}

/// The API as the scenarios want it.
fn api(allow_code: u16) -> Result<Api> {
    let allowed = answer::ok(&answer::decision("allow", allow_code));
    let plan = Plan::always(allowed)
        .about(
            [BLOCKED.to_owned()],
            &answer::ok(&answer::decision("block", 603)),
        )
        .about(
            [REDIRECTED.to_owned()],
            &answer::ok(&answer::decision("redirect", 302)),
        );
    Api::http(plan)
}

fn play(bench: &Bench, server: &Running, sbc: &Sbc, limit: Duration) -> Result<()> {
    let scenario = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/sipp")
        .join(format!("{}.xml", sbc.scenario));
    let logs = bench.suite.logs();
    let address = server.host.address();
    Sipp::play(&scenario, sbc.transport, address, logs, &bench.name, limit)
        .map_err(|e| format!("{e}\n{}", server.host.log().tail()).into())
}

fn served(bench: &Bench, sbc: &Sbc) -> Result<()> {
    let api = api(u16::try_from(sbc.allow_code)?)?;
    let server = bench.start(&setup(bench, &api, sbc.allow_code)?)?;
    play(bench, &server, sbc, Duration::from_secs(20))?;
    let asked: Vec<String> = api
        .requests()
        .iter()
        .filter_map(|request| request.json()["number"].as_str().map(str::to_owned))
        .collect();
    same(
        "numbers asked about",
        asked,
        [BLOCKED, ALLOWED, REDIRECTED].map(str::to_owned).to_vec(),
    )?;
    server.finish()
}

fn misconfigured(bench: &Bench) -> Result<()> {
    let api = api(503)?;
    let server = bench.start(&setup(bench, &api, 503)?)?;
    let sbc = &SBCS[1];
    let failure = play(bench, &server, sbc, Duration::from_secs(5))
        .err()
        .map(|e| e.to_string());
    holds(
        &format!("{} fails with 503: {failure:?}", sbc.scenario),
        failure.is_some_and(|text| text.contains("503")),
    )?;
    server.finish()
}
