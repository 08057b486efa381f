// SPDX-License-Identifier: GPL-2.0-or-later
//! The servers that are compared.

use tempfile::TempDir;
use testbed::{Build, OpenSips, Result, Server, Setup};

use super::SECONDS;
use crate::by_hand::{BODY, PATH};
use crate::installation::{KEY, Running, SHARED_MEGABYTES, say, stage};

/// One `OpenSIPS`, and a place for its logs.
pub(super) struct Sips {
    server: OpenSips,
    home: TempDir,
}

/// How a server decides about a call.
#[derive(Clone, Copy, Debug)]
pub(super) enum Method {
    /// `async(numbers_online_decide(), ...)`, with so many lookups in flight.
    Async { lookups: i64 },
    /// `numbers_online_decide()`.
    Sync,
    /// `async(rest_post(...), ...)` and the json module.
    RestAsync { tuned: bool },
    /// `rest_post(...)` and the json module.
    RestSync,
}

impl Sips {
    /// The tree that `OPENSIPS_SRC` names; else that of the long-term series, or the last.
    pub(super) fn new() -> Result<Self> {
        let mut all = OpenSips::all(&stage());
        let of_series = |server: &OpenSips| server.name.starts_with(SERIES);
        let chosen = all.iter().position(of_series).unwrap_or(all.len() - 1);
        let mut server = all.swap_remove(chosen);
        if let Some(what) = server.missing(Build::Release) {
            return Err(format!("this benchmark needs {what}").into());
        }
        // A finished transaction is kept for a while, and there are thousands of them a second.
        server.options = ["-m", SHARED_MEGABYTES, "-M", "64"]
            .map(str::to_owned)
            .to_vec();
        let home = tempfile::Builder::new().prefix("nol-bench-").tempdir()?;
        Ok(Self { server, home })
    }

    /// Whether the server has the modules for a method. If not, prints a line.
    pub(super) fn can(&self, method: &Method) -> bool {
        let absent: Vec<&str> = method
            .modules()
            .iter()
            .copied()
            .filter(|name| !self.server.has(name))
            .collect();
        if !absent.is_empty() {
            let row = self.row(method);
            say(&format!(
                "{row}: skipped, needs {} (make modules)",
                absent.join(", ")
            ));
        }
        absent.is_empty()
    }

    /// The heading of the row of a method.
    pub(super) fn row(&self, method: &Method) -> String {
        format!("{} {}", self.server.name, method.name())
    }

    /// Starts a server with this many workers that asks the API at this URL.
    pub(super) fn start(&self, method: &Method, workers: usize, url: &str) -> Result<Running> {
        let mut setup = Setup::new(
            method.name().replace(' ', "-"),
            self.home.path().join("logs"),
        );
        setup.children = workers;
        setup.globals = String::from("log_level=1\nmaxbuffer=4194304\n");
        setup.routes = Some(method.routes(url));
        // An ended transaction absorbs retransmissions. There are none here.
        setup
            .foreign
            .push(("tm".to_owned(), "wt_timer".to_owned(), 2.into()));
        let setup = match method {
            Method::Async { lookups } => ours(setup, url).param("async_lookups", *lookups),
            Method::Sync => ours(setup, url),
            Method::RestAsync { tuned } => rest(setup, method.modules(), *tuned),
            Method::RestSync => rest(setup, method.modules(), false),
        };
        let host = self.server.start(&setup)?;
        Ok(Running { host })
    }
}

impl Method {
    /// All of them.
    pub(super) fn all() -> Vec<Self> {
        vec![
            Self::Async { lookups: MANY },
            Self::Async { lookups: DEFAULT },
            Self::Sync,
            Self::RestAsync { tuned: false },
            Self::RestAsync { tuned: true },
            Self::RestSync,
        ]
    }

    /// For a baseline, the heading of its column of ratios.
    pub(super) fn baseline(self) -> Option<&'static str> {
        match self {
            Self::Async { .. } | Self::Sync => None,
            Self::RestAsync { .. } => Some("async"),
            Self::RestSync => Some("sync"),
        }
    }

    /// Whether each call blocks a worker.
    pub(super) fn is_waiting(self) -> bool {
        matches!(self, Self::Sync | Self::RestSync)
    }

    fn name(self) -> String {
        match self {
            Self::Async { lookups } => format!("decide async, {lookups}"),
            Self::Sync => "decide sync".to_owned(),
            Self::RestAsync { tuned: false } => "rest_post async".to_owned(),
            Self::RestAsync { tuned: true } => "rest_post async, tuned".to_owned(),
            Self::RestSync => "rest_post sync".to_owned(),
        }
    }

    fn modules(self) -> &'static [&'static str] {
        match self {
            Self::Async { .. } | Self::Sync => &[],
            Self::RestAsync { .. } | Self::RestSync => &["rest_client", "json"],
        }
    }

    fn routes(self, url: &str) -> String {
        let reply = if self.is_waiting() {
            "sl_send_reply"
        } else {
            "t_reply"
        };
        let ask = match self {
            Self::Async { .. } => "async(numbers_online_decide(), RESULT);".to_owned(),
            Self::Sync => "numbers_online_decide();\n\troute(RESULT);".to_owned(),
            Self::RestAsync { .. } => format!("{}\n\tasync({}, RESULT);", prepare(), post(url)),
            Self::RestSync => format!("{}\n\t{};\n\troute(RESULT);", prepare(), post(url)),
        };
        let result = if self.baseline().is_none() {
            format!("{reply}($avp(nol_code), $avp(nol_phrase));")
        } else {
            format!(
                "if ($rc < 0 || $var(status) != 200) {{ {reply}(503, \"Allowed\"); exit; }}\n\
                 \t$json(answer) := $var(answer);\n\
                 \t{reply}($json(answer/sip/code), $json(answer/decision));"
            )
        };
        format!(
            "route {{\n\
             \tif (is_method(\"ACK\")) {{ t_check_trans(); exit; }}\n\
             \tif (is_method(\"OPTIONS\")) {{ sl_send_reply(200, \"OK\"); exit; }}\n\
             \t{ask}\n}}\n\
             route[RESULT] {{\n\t{result}\n\texit;\n}}\n"
        )
    }
}

fn ours(setup: Setup, url: &str) -> Setup {
    setup
        .env("NUMBERS_ONLINE_API_KEY", KEY)
        .param("api_url", url)
        .param("timeout", SECONDS * 1000)
        .param("breaker_errors", 0)
        .param("cache_ttl", 0)
}

/// The shortest usable timeouts: the server counts whole seconds of its clock, so a transfer with a timeout of one may end at once.
/// Tuned, the worker sleeps 1 ms for a new connection in place of 20 ms, and blocks later.
fn rest(mut setup: Setup, modules: &[&str], tuned: bool) -> Setup {
    setup.build = Build::StandIn;
    setup
        .modules
        .extend(modules.iter().map(|name| (*name).to_owned()));
    let timeouts = [
        ("connection_timeout", SECONDS),
        ("curl_timeout", SECONDS + 1),
    ];
    let tuning = [("connect_poll_interval", 1), ("max_async_transfers", 800)];
    let tuning = tuning.into_iter().filter(|_| tuned);
    for (name, value) in timeouts.into_iter().chain(tuning) {
        setup
            .foreign
            .push(("rest_client".to_owned(), name.to_owned(), value.into()));
    }
    setup
}

fn prepare() -> String {
    format!("$var(body) = {BODY};\n\trest_append_hf(\"Authorization: Bearer {KEY}\");")
}

fn post(url: &str) -> String {
    format!(
        "rest_post(\"{url}{PATH}\", \"$var(body)\", \"application/json\", $var(answer), , $var(status))"
    )
}

/// The long-term series.
const SERIES: &str = "opensips-3.6.";

/// `async_lookups` of a process for thousands of open calls, and the default.
const MANY: i64 = 512;
const DEFAULT: i64 = 64;
