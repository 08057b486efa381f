// SPDX-License-Identifier: GPL-2.0-or-later
//! Checks of the API's health: `GET /api/health`, which needs no key and is not billed.

use std::sync::Arc;
use std::time::Instant;

use super::Worker;
use super::generation::Generation;
use crate::admission::Endpoint;
use crate::answer::{self, Unusable};
use crate::counters::Counters;
use crate::deadline::Deadline;
use crate::evidence::Health;
use crate::http::Client;

impl Worker<'_> {
    /// Checks the API's health, which no caller can influence.
    /// A timeout is judged by `deadline`, the call's own.
    pub(super) fn check_health(
        &self,
        endpoint: Endpoint,
        deadline: Deadline,
        until: Deadline,
        counters: &mut Counters,
    ) -> Health {
        let engine = self.engine;
        let started = Instant::now();
        let given = deadline.left(started).unwrap_or_default();
        let outcome = ask_health(&self.current.client, endpoint, until);
        let now = Instant::now();
        let health = match outcome {
            Ok(()) => Health::Good,
            Err(unusable) => Health::of(
                unusable.failure,
                unusable.cause,
                self.evidence(unusable, None, given),
            ),
        };
        let moment = engine.clock.at(now);
        let limits = &self.current.config.limits;
        let change = self.admission().checked(limits, endpoint, health, moment);
        if let Some(change) = change {
            self.announce(&change, counters);
        }
        if let Err(unusable) = outcome {
            self.note_failure(unusable, now.duration_since(started), now);
        }
        health
    }

    /// Checks the API's health at the start of the server. Of all workers one does it, for all profiles that ask the same way.
    pub(super) fn check_first_health(&self, generation: &Generation, until: Deadline) {
        let (engine, endpoint) = (self.engine, Endpoint::Primary);
        let (admission, client) = (engine.admission(generation.profile), &generation.client);
        if admission.take_first_check(endpoint) && ask_health(client, endpoint, until).is_ok() {
            let now = engine.clock.at(Instant::now());
            for other in self.all.iter() {
                if Arc::ptr_eq(&other.client, client) {
                    let limits = &other.config.limits;
                    let admission = engine.admission(other.profile);
                    admission.checked(limits, endpoint, Health::Good, now);
                }
            }
        }
    }
}

fn ask_health(client: &Client, endpoint: Endpoint, until: Deadline) -> Result<(), Unusable> {
    let exchange = client.health(endpoint, until);
    let reply = exchange.reply.map_err(|failure| Unusable {
        failure,
        cause: exchange.cause,
    })?;
    if answer::is_healthy(reply.status, &reply.body) {
        Ok(())
    } else {
        Err(answer::unhealthy(reply.status, &reply.body))
    }
}
