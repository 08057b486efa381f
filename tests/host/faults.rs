// SPDX-License-Identifier: GPL-2.0-or-later
//! Rude peers: servers that break the protocol, stall, reset connections or send wrong answers. The call is allowed, the failure has
//! its documented name, and the function returns by its deadline. Each case runs over plain HTTP and TLS where both make sense.
mod connecting;
mod fields;
mod http;
mod json;
mod pace;
mod status;

use std::sync::Arc;

use libtest_mimic::Trial;
use testbed::{
    Api, BlackHole, Flaw, Plan, Refused, Result, Step,
    sip::{Request, Transport},
};

use crate::{
    bench::Bench,
    callers,
    expect::{Expected, holds, same},
    subject::Subject,
    suite::{LONG, Needs, SHORT, Suite},
};

/// One fault of a peer, and the expected outcome.
pub(super) struct Fault {
    name: String,
    peer: Peer,
    outcome: Outcome,
    over: &'static [Scheme],
    transports: &'static [Transport],
    may_be_retried: bool,
}

/// The peer.
enum Peer {
    /// An API that follows this plan.
    Plays(Plan),
    /// An API with a certificate that must be refused.
    Shows(Flaw),
    /// A port without a listener.
    Refuses,
    /// A port that answers no SYN.
    DropsSyn,
}

/// The expected outcome of the call.
enum Outcome {
    /// Allowed, with this failure.
    Fails(&'static str),
    /// The API's block is followed: the answer is unusual but valid.
    Blocks,
}

/// How the API is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    Http,
    Https,
}

const BOTH: &[Scheme] = &[Scheme::Http, Scheme::Https];

impl Fault {
    fn new(name: impl Into<String>, peer: Peer, outcome: Outcome) -> Self {
        Self {
            name: name.into(),
            peer,
            outcome,
            over: BOTH,
            transports: &[Transport::Udp],
            may_be_retried: false,
        }
    }

    /// The API answers like this, and the call is allowed with that failure.
    fn answer(name: impl Into<String>, steps: Vec<Step>, failure: &'static str) -> Self {
        Self::new(
            name,
            Peer::Plays(Plan::always(steps)),
            Outcome::Fails(failure),
        )
    }

    /// The API answers like this, and its block is followed.
    fn tolerated(name: impl Into<String>, steps: Vec<Step>) -> Self {
        Self::new(name, Peer::Plays(Plan::always(steps)), Outcome::Blocks)
    }

    fn only(mut self, over: &'static [Scheme]) -> Self {
        self.over = over;
        self
    }

    /// Ends the connection before the first byte of an answer, so that one more request is right if the connection was idle.
    fn before_the_answer(mut self) -> Self {
        self.may_be_retried = true;
        self
    }

    /// Runs over TCP too, because the failure is common.
    fn everyday(mut self) -> Self {
        self.transports = &Transport::ALL;
        self
    }
}

/// How often the API was asked.
fn count_requests(fault: &Fault, api: &Api) -> Result<()> {
    let requests = api.requests();
    match requests.as_slice() {
        [] | [_] => Ok(()),
        // The first request used a connection that was made before it.
        [first, second] if fault.may_be_retried => {
            same(
                "the key of a retry",
                second.header("Idempotency-Key"),
                first.header("Idempotency-Key"),
            )?;
            holds(
                "a retry on a new connection",
                second.connection != first.connection,
            )
        }
        more => Err(format!("{} requests for one call", more.len()).into()),
    }
}

/// The trials below this file.
pub(crate) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let mut trials = Vec::new();
    for fault in [
        connecting::faults(),
        status::faults(),
        http::faults(),
        pace::faults(),
        fields::faults(),
        json::faults(),
    ]
    .into_iter()
    .flatten()
    {
        let fault = Arc::new(fault);
        for &scheme in fault.over {
            for &transport in fault.transports {
                let words = [format!("{scheme:?}"), transport.token().to_owned()]
                    .map(|word| word.to_lowercase());
                let name = format!("faults/{}/{}", words.join("/"), fault.name);
                let fault = Arc::clone(&fault);
                let body = move |bench: &Bench| run(bench, &fault, scheme, transport);
                trials.push(suite.trial(subject, &name, Needs::default(), body));
            }
        }
    }
    trials
}

fn run(bench: &Bench, fault: &Fault, scheme: Scheme, transport: Transport) -> Result<()> {
    let anywhere = ([127, 0, 0, 1], 0).into();
    let url = |port: u16| match scheme {
        Scheme::Http => format!("http://127.0.0.1:{port}"),
        Scheme::Https => format!("https://localhost:{port}"),
    };
    // Each guard must live to the end of the trial.
    let mut api = None;
    let mut refused = None;
    let mut hole = None;
    let port = match &fault.peer {
        Peer::Plays(plan) => api
            .insert(play(bench, scheme, Flaw::None, plan.clone())?)
            .address()
            .port(),
        Peer::Shows(flaw) => api
            .insert(play(bench, scheme, *flaw, Plan::always(Vec::new()))?)
            .address()
            .port(),
        Peer::Refuses => refused.insert(Refused::at(anywhere)?).address().port(),
        Peer::DropsSyn => hole.insert(BlackHole::at(anywhere)?).address().port(),
    };
    let (expected, timeout) = match fault.outcome {
        Outcome::Fails(failure) => (
            Expected::fail_open(failure),
            if failure.starts_with("timeout") {
                SHORT
            } else {
                LONG
            },
        ),
        Outcome::Blocks => (Expected::block(), LONG),
    };
    let server = bench.start(&bench.setup(&url(port)).param("timeout", timeout))?;
    let reply = server.call(transport, &Request::invite(&callers::sip(callers::CALLER)))?;
    expected.and("e164", callers::CALLER).check(&reply)?;
    if let Some(api) = &api {
        count_requests(fault, api)?;
    }
    server.finish()
}

fn play(bench: &Bench, scheme: Scheme, flaw: Flaw, plan: Plan) -> Result<Api> {
    match scheme {
        Scheme::Http => Api::http(plan),
        Scheme::Https => bench.https(flaw, plan),
    }
}
