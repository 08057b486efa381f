// SPDX-License-Identifier: GPL-2.0-or-later
//! `OpenSIPS`: ours against `rest_client` and its json module, with an API that answers and with one that is a black hole.

mod black_hole;
mod servers;

use std::time::Duration;

use testbed::Result;

use self::servers::{Contestant, Sips};
use crate::contest::{Entrant, hold, standings};
use crate::rig::say;
use crate::stub::Stub;
use crate::wanted::Wanted;

/// SIP workers of each server.
const WORKERS: usize = 4;

/// The time for a lookup in seconds, the unit of `rest_client`.
const SECONDS: i64 = 1;

/// Runs the benchmark. The words are those of [`crate::asynchronous::run`], and the delay `black-hole`.
pub(crate) fn run(words: &[String]) -> Result<()> {
    let sips = match Sips::new() {
        Ok(sips) => sips,
        Err(trouble) => {
            say(&format!("opensips: skipped, {trouble}"));
            return Ok(());
        }
    };
    let is_hole = |word: &&String| word.as_str() == "black-hole";
    let others: Vec<String> = words
        .iter()
        .filter(|word| !is_hole(word))
        .cloned()
        .collect();
    let wanted = Wanted::of(&others, &[0, 20, 100]);
    let contestants: Vec<Contestant> = Contestant::all()
        .into_iter()
        .filter(|contestant| sips.can(contestant) && wanted.has(&sips.row(contestant)))
        .collect();
    let has_delays = others.iter().any(|word| word.parse::<u64>().is_ok());
    let has_hole = words.iter().any(|word| is_hole(&word));
    if has_delays || !has_hole {
        race(&sips, &contestants, &wanted.delays)?;
    }
    if has_hole || !has_delays {
        black_hole::run(&sips, &contestants)?;
    }
    Ok(())
}

fn race(sips: &Sips, contestants: &[Contestant], delays: &[u64]) -> Result<()> {
    let stub = Stub::blocking_calls()?;
    let mut entrants = Vec::new();
    for contestant in contestants {
        let server = sips.start(contestant, WORKERS, &stub.url())?;
        let name = sips.row(contestant);
        let entrant = match contestant.rival() {
            Some(short) => Entrant::rival(short, name, server),
            None => Entrant::ours(name, server),
        };
        entrants.push(if contestant.is_waiting() {
            entrant.waiting()
        } else {
            entrant
        });
    }
    for delay in delays {
        stub.answer_after(Duration::from_millis(*delay));
        say(&format!(
            "\nopensips: {WORKERS} UDP workers, API answers after {delay} ms"
        ));
        let windows: &[u32] = match delay {
            0..10 => &[32, 128, 512],
            10..50 => &[32, 128, 512, 1024],
            _ => &[128, 256, 512, 1024, 2048],
        };
        let mut entered: Vec<_> = entrants.iter_mut().collect();
        hold(&mut entered, windows)?;
        standings::print(&entered, *delay);
    }
    say("bars at 100 ms: asynchronous ones of ours x async at least 1.00, p99 - API at most 15.00");
    for entrant in entrants {
        entrant.server.host.stop()?;
    }
    Ok(())
}
