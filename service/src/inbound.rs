// SPDX-License-Identifier: GPL-2.0-or-later

//! `POST /api/v1/inbound/lookup`: identity and risk of a caller, signed.

pub mod answer;
pub mod question;
pub mod recommendation;
pub mod record;

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Request, State};
use tokio::time::Instant;
use tracing::info;

use crate::authorization::authorize;
use crate::body;
use crate::budget::{Budget, Outcome, within};
use crate::fields::Fields;
use crate::inbound::answer::Answer;
use crate::inbound::question::{Context, Question};
use crate::inbound::record::Record;
use crate::keys::Holder;
use crate::number::{Caller, E164, caught};
use crate::refusal::Refusal;
use crate::state::AppState;
use crate::use_case::UseCase;
use crate::verstat::Verstat;

/// Answers one call or message. If that fails, or takes 5 seconds, the answer is the neutral one.
pub(crate) async fn inbound(
    State(state): State<Arc<AppState>>,
    request: Request,
) -> Result<Json<Answer>, Refusal> {
    let arrival = Instant::now();
    let (head, body) = request.into_parts();
    let keys = state.files.keys.current();
    let holder = authorize(&keys, &head.headers, None, UseCase::InboundLookup)?;
    let question = Question::parse(&body::read(body).await?)?;
    let deadline = Budget::default().deadline(arrival);

    let parsed = caught(|| {
        let caller = Caller::parse(&question.number, state.default_country);
        (caller, e164(&caller, &question.number))
    });
    let (caller, answer) = match parsed {
        Some((caller, Some(number))) => {
            let work = evaluate(Arc::clone(&state), number, question.verstat);
            let answer = match within(deadline, work).await {
                Outcome::Ready(Some(answer)) => answer,
                Outcome::Ready(None) | Outcome::Late | Outcome::Failed => {
                    Answer::neutral(number.to_string())
                }
            };
            (caller, answer)
        }
        Some((_, None)) => return Err(Fields::no_number(&question.number).into()),
        // After a panic of the number library the call still gets an answer.
        None => (Caller::Invalid, Answer::neutral(question.number)),
    };
    log(
        holder,
        &caller,
        question.context,
        &answer,
        arrival.elapsed(),
    );
    Ok(Json(answer))
}

/// The canonical number, also of one that its numbering plan does not assign: an answer must have a number.
fn e164(caller: &Caller, text: &str) -> Option<E164> {
    caller
        .subscriber()
        .map(|subscriber| subscriber.e164)
        .or_else(|| text.parse().ok())
}

/// There is no answer if there is no receipt.
async fn evaluate(state: Arc<AppState>, number: E164, verstat: Verstat) -> Option<Answer> {
    let signing_key = state.files.signing_key.current();
    let lists = state.lists().await;
    let record = Record {
        signals: lists.signals(number),
        identity: lists.identity(number).cloned(),
    };
    let receipt_id = state.receipt_id()?;
    let answer = Answer::new(number.to_string(), &record, verstat, receipt_id);
    Some(answer.signed(&signing_key))
}

fn log(holder: &Holder, caller: &Caller, context: Context, answer: &Answer, took: Duration) {
    info!(
        key = holder.name(),
        number = caller.masked(),
        country = caller.country().map(tracing::field::display),
        %context,
        action = %answer.recommended_action(),
        signed = answer.is_signed(),
        micros = took.as_micros(),
        "inbound answered"
    );
}
