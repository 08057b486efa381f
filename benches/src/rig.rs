// SPDX-License-Identifier: GPL-2.0-or-later
//! What the benchmarks share: servers, their processes' time, and the terminal.

use std::env;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;
use testbed::{Build, Host, Kamailio, Result, Server, Setup, interface};

/// The API key of the benchmarks.
pub(crate) const KEY: &str = "nol_test_bench";

/// The installed Kamailio with the module of `NOL_STAGE`, and a place for its files.
#[derive(Debug)]
pub(crate) struct Rig {
    kamailio: Kamailio,
    home: TempDir,
}

/// A server under load.
pub(crate) struct Running {
    /// The server.
    pub(crate) host: Host,
    pids: Vec<u32>,
}

impl Rig {
    /// Looks for the server and the module.
    pub(crate) fn new() -> Result<Self> {
        let stage = env::var_os("NOL_STAGE").map_or_else(
            || Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/stage"),
            PathBuf::from,
        );
        let kamailio = Kamailio::installed(&stage);
        if let Some(what) = kamailio.missing(Build::Release) {
            return Err(format!("this benchmark needs {what}").into());
        }
        let home = tempfile::Builder::new().prefix("nol-bench-").tempdir()?;
        Ok(Self { kamailio, home })
    }

    /// A file of the benchmark's own.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Whether the server has this module of its own.
    pub(crate) fn has_module(&self, name: &str) -> bool {
        self.kamailio.modules.join(format!("{name}.so")).exists()
    }

    /// A server with our module, which asks for every call: nothing is cached.
    pub(crate) fn with_module(&self, name: &str, children: usize, api_url: &str) -> Setup {
        let mut setup = Setup::new(name, self.home.path().join("logs"))
            .env("NUMBERS_ONLINE_API_KEY", KEY)
            .param("api_url", api_url);
        // Builds from before the cache do not know it.
        if interface::parameters().is_ok_and(|known| known.iter().any(|name| name == "cache_ttl")) {
            setup = setup.param("cache_ttl", 0);
        }
        setup.children = children;
        setup
    }

    /// A server that is to be fast: with `routes`, without our module and without debugging.
    pub(crate) fn lean(&self, name: &str, children: usize, routes: &str) -> Setup {
        let mut setup = Setup::new(name, self.home.path().join("logs"));
        setup.children = children;
        setup.build = Build::StandIn;
        make_lean(&mut setup, routes);
        setup
    }

    /// Starts a server with Kamailio's fast memory manager, for all that are compared.
    pub(crate) fn start(&self, setup: &Setup) -> Result<Running> {
        let mut kamailio = self.kamailio.clone();
        kamailio.program.extend(["-x", "fm"].map(str::to_owned));
        let host = kamailio.start(setup)?;
        let pids = host.pids()?;
        Ok(Running { host, pids })
    }
}

impl Running {
    /// The processor time that its processes have taken so far.
    pub(crate) fn cpu(&self) -> Duration {
        self.pids.iter().filter_map(|pid| cpu(*pid)).sum()
    }

    /// How long its processes have been ready to run and waited for a processor so far.
    pub(crate) fn waited(&self) -> Duration {
        self.pids.iter().filter_map(|pid| waited(*pid)).sum()
    }
}

/// Gives a server these routes, and a log with nothing but warnings.
pub(crate) fn make_lean(setup: &mut Setup, routes: &str) {
    let off = ("debugger".to_owned(), "mod_level_mode".to_owned(), 0.into());
    setup.foreign.push(off);
    setup.routes = Some(format!("debug=0\n{routes}"));
}

/// User and system time of a process so far (proc(5), `/proc/[pid]/stat`).
pub(crate) fn cpu(pid: u32) -> Option<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // "pid (name) state ...", where the name may hold anything; utime and stime are the fields 14 and 15.
    let fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11).take(2);
    let ticks: u64 = fields.filter_map(|field| field.parse::<u64>().ok()).sum();
    Some(Duration::from_secs(ticks) / u32::try_from(rustix::param::clock_ticks_per_second()).ok()?)
}

/// Time on a run queue (the kernel's sched-stats.rst, `/proc/[pid]/schedstat`).
fn waited(pid: u32) -> Option<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/schedstat")).ok()?;
    let nanos = stat.split_whitespace().nth(1)?.parse().ok()?;
    Some(Duration::from_nanos(nanos))
}

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
    use super::{cpu, median};

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

    #[test]
    fn a_process_takes_time() {
        assert!(cpu(std::process::id()).is_some());
        assert_eq!(cpu(u32::MAX), None);
    }
}
