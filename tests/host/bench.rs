// SPDX-License-Identifier: GPL-2.0-or-later
//! One trial on one server, and the server that it runs.
use std::sync::Arc;

use testbed::{
    Api, Flaw, Form, Host, Netns, Plan, Result, Server, Setup,
    sip::{Client, Reply, Request, Transport},
};

use crate::{
    callers,
    expect::{self, Expected},
    suite::{LONG, Suite},
};

/// The text of a failure: a call took longer than its client waits.
pub(crate) const WITHIN: &str = "is within";

/// One trial on one server.
#[derive(Clone)]
pub(crate) struct Bench {
    /// What all trials share.
    pub(crate) suite: Arc<Suite>,
    /// The server under test.
    pub(crate) server: Arc<dyn Server>,
    /// How its script calls our function.
    pub(crate) form: Form,
    /// The trial's name.
    pub(crate) name: String,
    /// The name of the namespace that it lives in.
    pub(crate) netns: Option<String>,
}

impl Bench {
    /// Runs the trial in a network namespace whose name server is 127.0.0.1.
    pub(crate) fn inside(&self, body: impl Fn(&Self) -> Result<()> + Send + Sync) -> Result<()> {
        let netns = Netns::new("nameserver 127.0.0.1\n")?;
        let inside = Self {
            netns: Some(netns.name().to_owned()),
            ..self.clone()
        };
        netns.run(|| body(&inside))
    }

    /// The module as in most trials: the suite's key and authority, and a deadline that every answer meets.
    pub(crate) fn setup(&self, api_url: &str) -> Setup {
        let mut setup = Setup::new(&self.name, self.suite.logs())
            .env("NUMBERS_ONLINE_API_KEY", callers::KEY)
            .param("api_url", api_url)
            .param("timeout", LONG)
            .param("ca_file", self.suite.file("ca.pem").display().to_string());
        // Without a cache: each lookup must reach the API. The trials of the cache turn it on.
        if self.suite.knows("cache_ttl") {
            setup = setup.param("cache_ttl", 0);
        }
        setup.form = self.form;
        setup.netns.clone_from(&self.netns);
        setup
    }

    /// The API over HTTPS.
    pub(crate) fn https(&self, flaw: Flaw, plan: Plan) -> Result<Api> {
        Api::https(self.suite.identity(flaw)?, plan)
    }

    /// Starts the server.
    pub(crate) fn start(&self, setup: &Setup) -> Result<Running> {
        let timeout = setup
            .params
            .iter()
            .find_map(|(name, value)| match value {
                testbed::Value::Number(number) if name == "timeout" => Some(*number),
                _ => None,
            })
            .unwrap_or(400);
        let host = self.server.start(setup)?;
        Ok(Running {
            host,
            timeout,
            name: self.name.clone(),
            suite: Arc::clone(&self.suite),
        })
    }
}

/// A server with the module, ready for calls.
pub(crate) struct Running {
    /// The server.
    pub(crate) host: Host,
    timeout: i64,
    name: String,
    suite: Arc<Suite>,
}

impl Running {
    /// Makes one call. Always checks that `nol_failure` is a published value and that the deadline was met.
    pub(crate) fn call(&self, transport: Transport, request: &Request) -> Result<Reply> {
        let reply = Client::connect(transport, self.host.address())?
            .call(request)
            .map_err(|e| format!("{e}\n{}", self.host.log().tail()))?;
        self.examine(reply)
    }

    /// Makes one call from a number; its reply is as expected.
    pub(crate) fn expect(&self, number: &str, expected: &Expected) -> Result<()> {
        let request = Request::invite(&callers::sip(number));
        expected.check(&self.call(Transport::Udp, &request)?)
    }

    /// Checks that apply to every reply.
    pub(crate) fn examine(&self, reply: Reply) -> Result<Reply> {
        self.examine_within(reply, self.timeout)
    }

    /// The same for a call with a timeout of its own, in milliseconds.
    pub(crate) fn examine_within(&self, reply: Reply, timeout: i64) -> Result<Reply> {
        expect::known_failure(&reply)?;
        let spent = reply.number("latency_us")?;
        let latencies = self.suite.latencies();
        let kept = latencies.record(&self.name, timeout, reply.avp("failure"), spent);
        // Late, or a timeout in a phase that takes so long only without a CPU.
        if kept.is_err() || reply.avp("failure").starts_with("timeout") {
            self.note_starvation()?;
        }
        kept.map(|()| reply)
    }

    /// Something was late: if a process of the server had no CPU, the trial is repeated.
    pub(crate) fn note_starvation(&self) -> Result<()> {
        self.suite.stalls().note(self.host.starved()?);
        Ok(())
    }

    /// Checks that the server still works, and ends it.
    pub(crate) fn finish(mut self) -> Result<()> {
        self.host.check()?;
        self.host.stop()
    }
}
