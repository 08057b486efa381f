// SPDX-License-Identifier: GPL-2.0-or-later
//! Servers in contest: each finds the window that suits it, then all are measured in turn.

pub(crate) mod standings;

use std::thread;
use std::time::Duration;

use testbed::Result;

use crate::load::{Load, Pace};
use crate::report::{Report, real};
use crate::rig::{Running, median};

/// One server.
pub(crate) struct Entrant {
    /// Heads its row.
    pub(crate) name: String,
    /// Heads its column of ratios, if it is compared with: those with one name share a column, where the best of them counts.
    pub(crate) rival: Option<&'static str>,
    /// The server.
    pub(crate) server: Running,
    /// Whether each call keeps a worker busy, so that more open calls than workers are of no use.
    is_waiting: bool,
    window: u32,
    full: Vec<Round>,
    calm: Vec<Round>,
}

/// One measurement.
pub(crate) struct Round {
    pub(crate) report: Report,
    pub(crate) cpu: Duration,
    /// Whether the server answered nobody afterwards.
    is_stuck: bool,
}

impl Entrant {
    /// One of ours.
    pub(crate) fn ours(name: String, server: Running) -> Self {
        Self {
            name,
            rival: None,
            server,
            is_waiting: false,
            window: 0,
            full: Vec::new(),
            calm: Vec::new(),
        }
    }

    /// One that ours are compared with.
    pub(crate) fn rival(short: &'static str, name: String, server: Running) -> Self {
        Self {
            rival: Some(short),
            ..Self::ours(name, server)
        }
    }

    /// The same, where each call keeps a worker busy.
    pub(crate) fn waiting(self) -> Self {
        Self {
            is_waiting: true,
            ..self
        }
    }

    /// Finds the window with most calls a second and no failed call, and tells how many those are.
    fn seek(&mut self, windows: &[u32]) -> Result<f64> {
        self.full.clear();
        self.calm.clear();
        let windows = if self.is_waiting { &FEW } else { windows };
        let mut best = 0.0;
        self.window = windows.first().copied().unwrap_or(1);
        for window in windows {
            // A server that has just begun to keep so many calls open is not what is measured later.
            self.measure(Pace::Closed(*window), GLANCE)?;
            let mut round = self.measure(Pace::Closed(*window), GLANCE)?;
            if round.failed() > 0 {
                round = self.measure(Pace::Closed(*window), GLANCE)?;
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

    /// At full speed. Where a call fails, with a smaller window and once more: what counts is a rate without failed calls.
    fn race(&mut self) -> Result<()> {
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
        // A server may be stuck for a while, with too many calls open; if it is dead, the next try says so.
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

    /// How many calls were open at once.
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

    /// A figure as a multiple of what the best of others has, of one round each: the machine may be quicker in the next.
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
    /// Calls a second, without the time in which the window opens and closes.
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
pub(crate) fn hold(entrants: &mut [&mut Entrant], windows: &[u32]) -> Result<()> {
    let mut rates = Vec::new();
    for entrant in entrants.iter_mut() {
        rates.push(entrant.seek(windows)?);
    }
    for _ in 0..ROUNDS {
        for entrant in entrants.iter_mut() {
            entrant.race()?;
        }
    }
    thread::sleep(SETTLING);
    for _ in 0..ROUNDS {
        for (entrant, rate) in entrants.iter_mut().zip(&rates) {
            let round = entrant.measure(Pace::Open(moderate(*rate)), CALM)?;
            entrant.calm.push(round);
        }
    }
    Ok(())
}

/// What every server bears that is worth its place, and half of what a slower one does.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped before"
)]
fn moderate(rate: f64) -> u32 {
    (rate / 2.0).clamp(10.0, MODERATE) as u32
}

/// Calls that are open at once where each keeps a worker busy.
const FEW: [u32; 2] = [8, 32];

/// Calls a second that are no burden.
const MODERATE: f64 = 1000.0;

/// How often each is measured, and how long each time.
const ROUNDS: usize = 5;
const SPAN: Duration = Duration::from_millis(1600);
const CALM: Duration = Duration::from_secs(1);
const GLANCE: Duration = Duration::from_millis(500);

/// In which the transactions of a server at full speed are over and gone: to free them takes time of its own.
const SETTLING: Duration = Duration::from_secs(3);

/// In which every deadline has passed.
const RECOVERY: Duration = Duration::from_secs(5);
