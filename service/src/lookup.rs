// SPDX-License-Identifier: GPL-2.0-or-later

//! `GET /api/v1/lookup/{e164}`: what is known about one number.

pub mod answer;
pub mod formatted;
pub mod question;

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Request, State};
use tokio::time::Instant;
use tracing::info;

use crate::authorization::authorize;
use crate::budget::{Budget, Outcome, within};
use crate::keys::Holder;
use crate::lookup::answer::{Answer, Findings};
use crate::lookup::formatted::Formatted;
use crate::lookup::question::Question;
use crate::number::{Caller, Subscriber, caught};
use crate::refusal::Refusal;
use crate::state::AppState;
use crate::timestamp::Timestamp;
use crate::use_case::UseCase;

/// Answers with what is known about a number. An `Idempotency-Key` is accepted and has no effect: it is about billing,
/// and nothing is billed.
///
/// What is not ready within 5 seconds is null.
pub(crate) async fn lookup(
    State(state): State<Arc<AppState>>,
    request: Request,
) -> Result<Json<Answer>, Refusal> {
    let arrival = Instant::now();
    let (head, _) = request.into_parts();
    let keys = state.files.keys.current();
    let holder = authorize(&keys, &head.headers, None, UseCase::Lookup)?;
    let question = Question::parse(head.uri.path(), head.uri.query())?;
    let deadline = Budget::default().deadline(arrival);

    // After a panic of the number library the number counts as invalid.
    let parsed = caught(|| {
        let caller = Caller::parse(&question.number, None);
        let formatted = caller
            .subscriber()
            .map(|subscriber| Formatted::of(subscriber.e164))
            .unwrap_or_default();
        (caller, formatted)
    });
    let (caller, formatted) = parsed.unwrap_or((Caller::Invalid, Formatted::default()));
    let findings = match caller {
        Caller::Invalid => Findings::default(),
        Caller::Valid(subscriber) => {
            match within(deadline, evaluate(Arc::clone(&state), subscriber)).await {
                Outcome::Ready(findings) => findings,
                Outcome::Late | Outcome::Failed => Findings::default(),
            }
        }
    };
    log(holder, &caller, &findings, arrival.elapsed());
    Ok(Json(Answer::new(
        &caller,
        formatted,
        question.verstat,
        findings,
        Timestamp::now(),
    )))
}

async fn evaluate(state: Arc<AppState>, subscriber: Subscriber) -> Findings {
    let lists = state.lists().await;
    let name = lists
        .identity(subscriber.e164)
        .and_then(|identity| identity.business_name());
    Findings {
        cnam: name.map(str::to_owned),
        spam_score: lists.signals(subscriber.e164).spam_score,
    }
}

fn log(holder: &Holder, caller: &Caller, findings: &Findings, took: Duration) {
    info!(
        key = holder.name(),
        number = caller.masked(),
        country = caller.country().map(tracing::field::display),
        name = findings.cnam.is_some(),
        score = findings.spam_score.is_some(),
        micros = took.as_micros(),
        "looked up"
    );
}
