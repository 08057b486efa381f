// SPDX-License-Identifier: GPL-2.0-or-later
//! Attacks on the screening: callers with numbers for which the API fails, answers slowly or refuses. Measures the share of ordinary
//! calls that are screened meanwhile.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;
use testbed::{
    Api, Plan, Result, Step,
    answer::{self, decision, ok},
    sip::{Client, Request, Transport},
};

use crate::installation::{Installation, Running, say};
use crate::table::Table;

/// SIP workers.
const WORKERS: usize = 8;

/// The whole time for a lookup, in milliseconds.
const TIMEOUT: i64 = 400;

/// How long an attack lasts: some times longer than an open breaker (`breaker_retry`, 15 s).
const SPAN: Duration = Duration::from_secs(50);

/// One attack.
struct Attack {
    name: &'static str,
    /// How many numbers the attacker has, how many calls a second they make, and what the API does about them.
    numbers: usize,
    rate: u32,
    reply: Vec<Step>,
    /// How many ordinary calls there are a second.
    ordinary: u32,
    /// How many numbers they come from. With few numbers all are soon in the cache, and the API is asked only about the attacker's.
    ordinary_numbers: usize,
    /// What answers for `/api/health`; the API if there is none.
    health: Option<fn() -> Vec<Step>>,
    /// How long the API fails at first, so that the breaker is open when it recovers.
    outage: Duration,
}

/// The result of one attack.
struct Course {
    ordinary: usize,
    screened: usize,
    /// Requests for the attacker's numbers.
    asked: usize,
    opened: usize,
}

/// Runs the benchmark.
pub(crate) fn run() -> Result<()> {
    let attacks = attacks();
    say(&format!(
        "attack: {WORKERS} workers, timeout {TIMEOUT} ms, everything else by default, {} s each, all at once",
        SPAN.as_secs()
    ));
    let courses = thread::scope(|scope| {
        let running: Vec<_> = attacks
            .iter()
            .map(|attack| scope.spawn(move || attack.run().map_err(|e| e.to_string())))
            .collect();
        let joined = running.into_iter().map(thread::ScopedJoinHandle::join);
        joined.collect::<Vec<_>>()
    });
    let mut table = Table::new(&[
        "",
        "ordinary/s",
        "attack/s",
        "screened",
        "of",
        "%",
        "attacker's requests",
        "breaker opened",
    ]);
    for (attack, course) in attacks.iter().zip(courses) {
        let course = course.map_err(|_| "a sender panicked")??;
        table.row(vec![
            attack.name.to_owned(),
            attack.ordinary.to_string(),
            attack.rate.to_string(),
            course.screened.to_string(),
            course.ordinary.to_string(),
            format!("{:.1}", percentage(course.screened, course.ordinary)?),
            course.asked.to_string(),
            course.opened.to_string(),
        ]);
    }
    table.print();
    Ok(())
}

fn attacks() -> Vec<Attack> {
    let mut budget = decision("allow", 503);
    budget["reason"] = json!("latency_budget");
    let slow_budget = [vec![Step::Wait(Duration::from_millis(300))], ok(&budget)].concat();
    let error = answer::refusal("500 Internal Server Error", "", &[]);
    let bad_request = answer::refusal("400 Bad Request", "", &[]);
    let plain = Attack {
        name: "",
        numbers: 1,
        rate: 20,
        reply: error,
        ordinary: 5,
        ordinary_numbers: usize::MAX,
        health: None,
        outage: Duration::ZERO,
    };
    vec![
        Attack {
            name: "no attack",
            rate: 0,
            reply: Vec::new(),
            ..plain
        },
        Attack {
            name: "40 numbers get latency_budget after 300 ms",
            numbers: 40,
            rate: 100,
            reply: slow_budget,
            ordinary: 20,
            ..plain
        },
        Attack {
            name: "one number gets 400, all else is cached",
            reply: bad_request,
            ordinary_numbers: 20,
            ..plain
        },
        Attack {
            name: "one number fails fast",
            reply: plain.reply.clone(),
            ..plain
        },
        Attack {
            name: "one number fails fast, few ordinary calls",
            reply: plain.reply.clone(),
            ordinary: 1,
            ..plain
        },
        Attack {
            name: "8 numbers get no answer",
            numbers: 8,
            reply: vec![Step::Hold],
            ..plain
        },
        Attack {
            name: "8 numbers get no answer, few ordinary calls",
            numbers: 8,
            reply: vec![Step::Hold],
            ordinary: 1,
            ..plain
        },
        Attack {
            name: "200 numbers fail fast",
            numbers: 200,
            rate: 100,
            reply: plain.reply.clone(),
            ..plain
        },
        Attack {
            name: "8 numbers fail fast when the API is back after an outage",
            numbers: 8,
            rate: 100,
            reply: plain.reply.clone(),
            outage: Duration::from_secs(5),
            ..plain
        },
        Attack {
            name: "8 numbers fail fast, /api/health is a page",
            numbers: 8,
            rate: 40,
            reply: plain.reply.clone(),
            health: Some(page),
            ..plain
        },
        Attack {
            name: "8 numbers get no answer, nor does /api/health",
            numbers: 8,
            rate: 40,
            reply: vec![Step::Hold],
            health: Some(|| vec![Step::Hold]),
            ..plain
        },
    ]
}

/// The page of another program.
fn page() -> Vec<Step> {
    vec![Step::Send(answer::response(
        "200 OK",
        &[("Content-Type", "text/html")],
        b"<html><body>Welcome</body></html>",
    ))]
}

impl Attack {
    fn run(&self) -> Result<Course> {
        let installation = Installation::new()?;
        let attackers: Vec<_> = (0..self.numbers).map(|n| number(700, n)).collect();
        let plan = |reply| {
            let plan = Plan::always(reply).about(attackers.iter().cloned(), &self.reply);
            match self.health {
                None => plan,
                Some(health) => plan.health(health()),
            }
        };
        let well = plan(ok(&decision("block", 603)));
        let api = Api::http(well.clone())?;
        let setup = installation
            .with_module("attack", WORKERS, &api.url())
            .param("timeout", TIMEOUT)
            .param("cache_ttl", 60);
        let server = installation.start(&setup)?;
        if !self.outage.is_zero() {
            let down = answer::degraded();
            api.play(plan(down.clone()).health(down));
        }
        let begin = Instant::now();
        let counted = begin + self.outage + RETRY;
        let course = thread::scope(|scope| -> Result<Course> {
            let attack = scope.spawn(|| {
                send(&server, self.rate, begin, SPAN, |n| {
                    attackers[n % attackers.len()].clone()
                })
                .map_err(|e| e.to_string())
            });
            let ordinary = scope.spawn(|| {
                send(&server, self.ordinary, begin, SPAN, |n| {
                    number(310, n % self.ordinary_numbers)
                })
                .map_err(|e| e.to_string())
            });
            if !self.outage.is_zero() {
                thread::sleep(self.outage);
                api.play(well.clone());
            }
            attack.join().map_err(|_| "the attacker panicked")??;
            let calls = ordinary.join().map_err(|_| "the caller panicked")??;
            // The outage itself, and the pause after it, are not part of the attack.
            let calls: Vec<_> = calls
                .into_iter()
                .filter(|(at, _)| self.outage.is_zero() || *at >= counted)
                .collect();
            Ok(Course {
                ordinary: calls.len(),
                screened: calls.iter().filter(|(_, status)| *status == 603).count(),
                asked: asked(&api, &attackers),
                opened: server.host.log().text().matches("breaker open").count(),
            })
        })?;
        server.host.stop()?;
        Ok(course)
    }
}

/// Sends calls at a rate, and records the reply to each and its time.
fn send(
    server: &Running,
    rate: u32,
    begin: Instant,
    span: Duration,
    caller: impl Fn(usize) -> String,
) -> Result<Vec<(Instant, u16)>> {
    let mut calls = Vec::new();
    if rate == 0 {
        return Ok(calls);
    }
    let address = server.host.address();
    thread::scope(|scope| {
        let mut open = Vec::new();
        for n in 0.. {
            let at = begin + Duration::from_secs(1) * n / rate;
            if at >= begin + span {
                break;
            }
            thread::sleep(at.saturating_duration_since(Instant::now()));
            let request = Request::invite(&format!("sip:{}@carrier.example", caller(n as usize)));
            open.push(scope.spawn(move || -> std::result::Result<u16, String> {
                let mut client =
                    Client::connect(Transport::Udp, address).map_err(|e| e.to_string())?;
                let reply = client.call(&request).map_err(|e| e.to_string())?;
                Ok(reply.status)
            }));
            calls.push((at, 0));
        }
        for (call, thread) in calls.iter_mut().zip(open) {
            call.1 = thread.join().map_err(|_| "a call panicked")??;
        }
        Ok(calls)
    })
}

fn percentage(part: usize, whole: usize) -> Result<f64> {
    let [part, whole] = [part, whole.max(1)].map(u32::try_from);
    Ok(100.0 * f64::from(part?) / f64::from(whole?))
}

fn asked(api: &Api, attackers: &[String]) -> usize {
    let is_theirs = |number: &str| attackers.iter().any(|attacker| attacker == number);
    api.requests()
        .iter()
        .filter(|request| request.json()["number"].as_str().is_some_and(is_theirs))
        .count()
}

/// The n-th fictional number from an area code on.
fn number(area: usize, n: usize) -> String {
    format!("+1{}55501{:02}", area + n / 100, n % 100)
}

/// `breaker_retry`.
const RETRY: Duration = Duration::from_secs(15);
