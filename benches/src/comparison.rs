// SPDX-License-Identifier: GPL-2.0-or-later
//! Compares servers. First the best number of open calls (the window) is found for each, then all are measured in turn.

pub(crate) mod results;

use std::thread;
use std::time::Duration;

use testbed::Result;

use crate::installation::{Running, median};
use crate::load::{Load, Pace};
use crate::report::{Report, real};

/// One server of a comparison.
pub(crate) struct Candidate {
    /// The heading of its row.
    pub(crate) name: String,
    /// For a baseline, the heading of its column of ratios. Baselines with the same heading share a column, and the best one counts.
    pub(crate) baseline: Option<&'static str>,
    /// The server.
    pub(crate) server: Running,
    /// Whether each call blocks a worker, so that more open calls than workers are useless.
    is_waiting: bool,
    window: u32,
    full: Vec<Round>,
    calm: Vec<Round>,
}

/// One measurement.
pub(crate) struct Round {
    pub(crate) report: Report,
    pub(crate) cpu: Duration,
    /// Whether the server did not answer afterwards.
    is_stuck: bool,
}

impl Candidate {
    /// A server with this module.
    pub(crate) fn ours(name: String, server: Running) -> Self {
        Self {
            name,
            baseline: None,
            server,
            is_waiting: false,
            window: 0,
            full: Vec::new(),
            calm: Vec::new(),
        }
    }

    /// A server without this module, to compare with.
    pub(crate) fn baseline(short: &'static str, name: String, server: Running) -> Self {
        Self {
            baseline: Some(short),
            ..Self::ours(name, server)
        }
    }

    /// The same, if each call blocks a worker.
    pub(crate) fn waiting(self) -> Self {
        Self {
            is_waiting: true,
            ..self
        }
    }

    /// Finds the window with most calls a second and no failed call. Returns that rate.
    fn find_window(&mut self, windows: &[u32]) -> Result<f64> {
        self.full.clear();
        self.calm.clear();
        let windows = if self.is_waiting {
            &WINDOWS_WHILE_WAITING
        } else {
            windows
        };
        let mut best = 0.0;
        self.window = windows.first().copied().unwrap_or(1);
        for window in windows {
            // Warm up: a server that has never had so many open calls is slower.
            self.measure(Pace::Closed(*window), TRIAL_SPAN)?;
            let mut round = self.measure(Pace::Closed(*window), TRIAL_SPAN)?;
            if round.failed() > 0 {
                round = self.measure(Pace::Closed(*window), TRIAL_SPAN)?;
            }
            if round.failed() > 0 {
                break;
            }
            if round.rate() > best {
                (self.window, best) = (*window, round.rate());
            }
        }
        Ok(best)
    }

    /// Measures at full speed. If a call fails, measures again with a smaller window: only a rate without failed calls counts.
    fn measure_at_full_speed(&mut self) -> Result<()> {
        let mut round = self.measure(Pace::Closed(self.window), SPAN)?;
        for _ in 0..2 {
            if round.failed() > 0 {
                self.window = (self.window * 2 / 3).max(1);
                round = self.measure(Pace::Closed(self.window), SPAN)?;
            }
        }
        self.full.push(round);
        Ok(())
    }

    fn measure(&mut self, pace: Pace, span: Duration) -> Result<Round> {
        let cpu = self.server.cpu();
        let load = Load {
            pace,
            ..Load::closed(self.server.host.address(), span)
        };
        let report = load.run()?;
        let cpu = self.server.cpu().saturating_sub(cpu);
        // A server with too many open calls may not answer for a while. If it is dead, the second check fails.
        let is_stuck = self.server.host.check().is_err();
        if is_stuck {
            thread::sleep(RECOVERY);
            self.server.host.check()?;
        }
        Ok(Round {
            report,
            cpu,
            is_stuck,
        })
    }

    /// How many calls were open at a time.
    pub(crate) fn window(&self) -> u32 {
        self.window
    }

    /// The median over the rounds at full speed.
    pub(crate) fn full(&self, figure: impl Fn(&Round) -> f64) -> f64 {
        median(&self.full.iter().map(figure).collect::<Vec<_>>())
    }

    /// The median over the rounds at a moderate rate.
    pub(crate) fn calm(&self, figure: impl Fn(&Round) -> f64) -> f64 {
        median(&self.calm.iter().map(figure).collect::<Vec<_>>())
    }

    /// Failed calls of all rounds.
    pub(crate) fn failed(&self) -> u64 {
        let rounds = self.full.iter().chain(&self.calm);
        rounds.map(Round::failed).sum()
    }

    /// A figure relative to that of the best of `others`, compared round by round because the speed of the machine varies.
    pub(crate) fn ratio(&self, others: &[&Self], figure: impl Fn(&Round) -> f64) -> f64 {
        let ratios = others.iter().map(|other| {
            let rounds = self.full.iter().zip(&other.full);
            let ratios = rounds.map(|(ours, theirs)| figure(ours) / figure(theirs));
            median(&ratios.collect::<Vec<_>>())
        });
        ratios.fold(f64::INFINITY, f64::min)
    }
}

impl Round {
    /// Calls a second, without the start and the end of the load.
    pub(crate) fn rate(&self) -> f64 {
        let (start, span) = (self.report.started, self.report.span);
        self.report.rate_between(start + span / 4, start + span)
    }

    /// Calls without a reply, or with one that is not the API's.
    pub(crate) fn failed(&self) -> u64 {
        let answered = self.report.statuses.get(&603).copied().unwrap_or(0);
        (self.report.sent - answered).max(self.is_stuck.into())
    }

    /// Microseconds of CPU for each call.
    pub(crate) fn cpu_per_call(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / real(self.report.answered().max(1))
    }

    /// Calls for each second of CPU.
    pub(crate) fn per_cpu(&self) -> f64 {
        1e6 / self.cpu_per_call().max(1.0)
    }
}

/// Measures all in turn, at full speed and then at a moderate rate.
pub(crate) fn measure_all(candidates: &mut [&mut Candidate], windows: &[u32]) -> Result<()> {
    let mut rates = Vec::new();
    for candidate in candidates.iter_mut() {
        rates.push(candidate.find_window(windows)?);
    }
    for _ in 0..ROUNDS {
        for candidate in candidates.iter_mut() {
            candidate.measure_at_full_speed()?;
        }
    }
    thread::sleep(SETTLING);
    for _ in 0..ROUNDS {
        for (candidate, rate) in candidates.iter_mut().zip(&rates) {
            let round = candidate.measure(Pace::Open(moderate(*rate)), CALM)?;
            candidate.calm.push(round);
        }
    }
    Ok(())
}

/// A rate that every server sustains: half of its own at most.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped before"
)]
fn moderate(rate: f64) -> u32 {
    (rate / 2.0).clamp(10.0, MODERATE) as u32
}

/// Windows for servers where each call blocks a worker.
const WINDOWS_WHILE_WAITING: [u32; 2] = [8, 32];

/// A moderate load in calls a second.
const MODERATE: f64 = 1000.0;

/// How often each is measured, and how long each time.
const ROUNDS: usize = 5;
const SPAN: Duration = Duration::from_millis(1600);
const CALM: Duration = Duration::from_secs(1);
const TRIAL_SPAN: Duration = Duration::from_millis(500);

/// The time until the transactions of full speed are freed, which takes processor time itself.
const SETTLING: Duration = Duration::from_secs(3);

/// The time in which every deadline passes.
const RECOVERY: Duration = Duration::from_secs(5);
