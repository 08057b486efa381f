// SPDX-License-Identifier: GPL-2.0-or-later
//! Shared by the benchmarks: servers, their processor time, and output to the terminal.

use std::collections::HashSet;
use std::env;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;
use testbed::{Build, Host, Kamailio, Result, Server, Setup, interface};

use crate::processes::{cpu, family, waited};

/// The API key of the benchmarks.
pub(crate) const KEY: &str = "nol_test_bench";

/// A Kamailio with the module of `NOL_STAGE`, and a directory for its files.
#[derive(Debug)]
pub(crate) struct Installation {
    kamailio: Kamailio,
    home: TempDir,
}

/// A server under load.
pub(crate) struct Running {
    /// The server.
    pub(crate) host: Host,
}

impl Installation {
    /// Looks for the server and the module.
    pub(crate) fn new() -> Result<Self> {
        Self::of(Kamailio::installed(&stage()))
    }

    /// The same for the unpacked Kamailio of a series, e.g. `kamailio-6.0`.
    pub(crate) fn unpacked(series: &str) -> Result<Self> {
        let servers = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.deps/servers");
        let mut found = Kamailio::unpacked(&servers, &stage()).into_iter();
        let of_series = |server: &Kamailio| server.name.starts_with(&format!("{series}."));
        match found.find(of_series) {
            Some(kamailio) => Self::of(kamailio),
            None => Err(format!("this benchmark needs {series} (make test-versions)").into()),
        }
    }

    fn of(kamailio: Kamailio) -> Result<Self> {
        if let Some(what) = kamailio.missing(Build::Release) {
            return Err(format!("this benchmark needs {what}").into());
        }
        let home = tempfile::Builder::new().prefix("nol-bench-").tempdir()?;
        Ok(Self { kamailio, home })
    }

    /// A path in the directory of the benchmark.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// The name of the server.
    pub(crate) fn name(&self) -> &str {
        &self.kamailio.name
    }

    /// Whether this module of Kamailio is installed.
    pub(crate) fn has_module(&self, name: &str) -> bool {
        self.kamailio.modules.join(format!("{name}.so")).exists()
    }

    /// A server with the module and without a cache: each call needs a lookup.
    pub(crate) fn with_module(&self, name: &str, children: usize, api_url: &str) -> Setup {
        let mut setup = Setup::new(name, self.home.path().join("logs"))
            .env("NUMBERS_ONLINE_API_KEY", KEY)
            .param("api_url", api_url);
        // Old builds do not have this parameter.
        if interface::parameters().is_ok_and(|known| known.iter().any(|name| name == "cache_ttl")) {
            setup = setup.param("cache_ttl", 0);
        }
        setup.children = children;
        setup
    }

    /// A server with `routes`, without the module and without debugging.
    pub(crate) fn lean(&self, name: &str, children: usize, routes: &str) -> Setup {
        let mut setup = Setup::new(name, self.home.path().join("logs"));
        setup.children = children;
        setup.build = Build::StandIn;
        make_lean(&mut setup, routes);
        setup
    }

    /// Starts a server with Kamailio's fast memory manager and memory for every transaction. All compared servers start like this.
    pub(crate) fn start(&self, setup: &Setup) -> Result<Running> {
        let mut kamailio = self.kamailio.clone();
        kamailio
            .program
            .extend(["-x", "fm", "-m", SHARED_MEGABYTES].map(str::to_owned));
        let host = kamailio.start(setup)?;
        Ok(Running { host })
    }
}

impl Installation {
    /// Starts a server with Kamailio's default memory manager.
    pub(crate) fn start_untuned(&self, setup: &Setup) -> Result<Running> {
        let mut kamailio = self.kamailio.clone();
        kamailio
            .program
            .extend(["-m", SHARED_MEGABYTES].map(str::to_owned));
        let host = kamailio.start(setup)?;
        Ok(Running { host })
    }
}

impl Running {
    /// The server's process group, and descendants that left it.
    fn processes(&self) -> HashSet<u32> {
        family(&self.host.pids().unwrap_or_default())
    }

    /// The processor time that its processes have taken so far.
    pub(crate) fn cpu(&self) -> Duration {
        self.processes().into_iter().filter_map(cpu).sum()
    }

    /// How long its processes have waited for a processor so far.
    pub(crate) fn waited(&self) -> Duration {
        self.processes().into_iter().filter_map(waited).sum()
    }
}

/// Where the built modules are.
pub(crate) fn stage() -> PathBuf {
    env::var_os("NOL_STAGE").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/stage"),
        PathBuf::from,
    )
}

/// Gives a server these routes, and a log with nothing but warnings.
pub(crate) fn make_lean(setup: &mut Setup, routes: &str) {
    let off = ("debugger".to_owned(), "mod_level_mode".to_owned(), 0.into());
    setup.foreign.push(off);
    setup.routes = Some(format!("debug=0\n{routes}"));
}

/// Shared memory: a finished transaction is kept for a while, and there are thousands of them a second.
pub(crate) const SHARED_MEGABYTES: &str = "1024";

/// The median of some figures; 0 if there are none.
pub(crate) fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() % 2 {
        _ if sorted.is_empty() => 0.0,
        1 => sorted[middle],
        _ => f64::midpoint(sorted[middle - 1], sorted[middle]),
    }
}

/// Writes a line to the terminal.
pub(crate) fn say(line: &str) {
    // A closed terminal is no reason to fail.
    let _ = writeln!(io::stdout().lock(), "{line}");
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn a_median_lies_in_the_middle() {
        for (figures, middle) in [
            (&[][..], 0.0),
            (&[3.0], 3.0),
            (&[9.0, 1.0], 5.0),
            (&[7.0, 1.0, 2.0], 2.0),
        ] {
            assert!((median(figures) - middle).abs() < f64::EPSILON);
        }
    }
}
