// SPDX-License-Identifier: GPL-2.0-or-later

//! `POST /api/v1/sbc/redirect`: the decision on one call.

pub mod answer;
pub mod question;

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use serde_json::Value;
use tokio::time::Instant;
use tracing::info;

use crate::authorization::authorize;
use crate::body;
use crate::budget::{Budget, Outcome, within};
use crate::decision::{Verdict, decide};
use crate::keys::Holder;
use crate::malformed::Malformed;
use crate::number::{Caller, caught};
use crate::policy::Policy;
use crate::receipt::ReceiptId;
use crate::redirect::answer::Answer;
use crate::redirect::question::Question;
use crate::refusal::Refusal;
use crate::signals::Signals;
use crate::state::AppState;
use crate::timestamp::Timestamp;
use crate::use_case::UseCase;

/// Answers one call. An `Idempotency-Key` is accepted and has no effect: it is about billing, and nothing is billed.
pub(crate) async fn redirect(
    State(state): State<Arc<AppState>>,
    request: Request,
) -> Result<Json<Answer>, Refusal> {
    let arrival = Instant::now();
    let (head, body) = request.into_parts();
    let keys = state.files.keys.current();
    let holder = authorize(&keys, &head.headers, head.uri.query(), UseCase::SbcRedirect)?;
    let offered = header_budget(&head.headers)?;
    let question = Question::parse(&body::read(body).await?)?;
    let budget = offered
        .into_iter()
        .chain(question.budget)
        .min()
        .unwrap_or_default();

    let deadline = budget.deadline(arrival);

    // After a panic of the number library the call still gets an answer.
    let parsed = caught(|| Caller::parse(&question.number, state.default_country));
    let (caller, outcome) = match parsed {
        Some(caller) => {
            let work = evaluate(Arc::clone(&state), caller, question.policy);
            (caller, within(deadline, work).await)
        }
        None => (Caller::Invalid, Outcome::Failed),
    };
    let findings = match outcome {
        Outcome::Ready(findings) => findings,
        Outcome::Late => Findings::neutral(Verdict::LATE),
        Outcome::Failed => Findings::neutral(Verdict::FAILED),
    };
    log(holder, &caller, findings.verdict, arrival.elapsed());
    Ok(Json(Answer::new(
        &caller,
        question.verstat,
        &question.policy,
        &findings.signals,
        findings.verdict,
        findings.receipt_id,
        Timestamp::now(),
    )))
}

/// The result for one call.
struct Findings {
    signals: Signals,
    verdict: Verdict,
    receipt_id: Option<ReceiptId>,
}

impl Findings {
    fn neutral(verdict: Verdict) -> Self {
        Self {
            signals: Signals::default(),
            verdict,
            receipt_id: None,
        }
    }
}

async fn evaluate(state: Arc<AppState>, caller: Caller, policy: Policy) -> Findings {
    let lists = state.lists().await;
    let signals = caller
        .subscriber()
        .map(|subscriber| lists.signals(subscriber.e164))
        .unwrap_or_default();
    let verdict = decide(caller.subscriber().is_some(), &signals, &policy);
    // Only a decision on a valid number has a receipt (API spec, `receipt_id`).
    let receipt_id = match caller {
        Caller::Invalid => None,
        Caller::Valid(_) => match state.receipt_id() {
            None => return Findings::neutral(Verdict::FAILED),
            receipt_id => receipt_id,
        },
    };
    Findings {
        signals,
        verdict,
        receipt_id,
    }
}

fn header_budget(headers: &HeaderMap) -> Result<Option<Budget>, Malformed> {
    let Some(value) = headers.get(BUDGET_HEADER) else {
        return Ok(None);
    };
    let text = String::from_utf8_lossy(value.as_bytes());
    let budget = text.trim().parse().ok().and_then(Budget::from_millis);
    budget
        .map(Some)
        .ok_or_else(|| Malformed::new(BUDGET_HEADER, &Value::from(text), Budget::ALLOWED))
}

fn log(holder: &Holder, caller: &Caller, verdict: Verdict, took: Duration) {
    info!(
        key = holder.name(),
        number = caller.masked(),
        country = caller.country().map(tracing::field::display),
        decision = %verdict.decision,
        reason = %verdict.reason,
        micros = took.as_micros(),
        "decided"
    );
}

const BUDGET_HEADER: &str = "X-SBC-Budget-Ms";
