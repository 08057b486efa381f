// SPDX-License-Identifier: GPL-2.0-or-later

//! The routes of the HTTP interface.

use std::sync::Arc;

use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router, middleware};
use serde::Serialize;

use crate::inbound::inbound;
use crate::lookup::lookup;
use crate::public_key::public_key;
use crate::redirect::redirect;
use crate::refusal::Refusal;
use crate::state::AppState;
use crate::timestamp::Timestamp;

/// The HTTP interface.
pub(crate) fn router(state: Arc<AppState>) -> Router {
    // The bare path is tolerated, for the fields of PBXs (API spec, introduction).
    ["/api/v1", "/v1"]
        .into_iter()
        .fold(Router::new(), |router, base| {
            router
                .route(&format!("{base}/sbc/redirect"), post(redirect))
                .route(&format!("{base}/inbound/lookup"), post(inbound))
                .route(&format!("{base}/lookup/{{e164}}"), get(lookup))
                .route(&format!("{base}/publickey"), get(public_key))
        })
        .route("/api/health", get(health))
        .fallback(async || Refusal::not_found())
        .method_not_allowed_fallback(async || Refusal::method_not_allowed())
        .layer(middleware::map_response(describe))
        .with_state(state)
}

/// Answers without a key (API spec). The lists are in memory, so the data is always up.
async fn health() -> Json<Health> {
    Json(Health {
        status: "ok",
        db: "up",
        version: env!("CARGO_PKG_VERSION"),
        time: Timestamp::now(),
    })
}

#[derive(Serialize)]
struct Health {
    status: &'static str,
    db: &'static str,
    version: &'static str,
    time: Timestamp,
}

/// Adds the headers that forbid intermediaries to cache an answer or to guess its type.
async fn describe(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(NOSNIFF, HeaderValue::from_static("nosniff"));
    response
}

const NOSNIFF: HeaderName = HeaderName::from_static("x-content-type-options");
