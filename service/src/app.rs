// SPDX-License-Identifier: GPL-2.0-or-later

//! The routes, and what their handlers share.

use std::sync::Arc;
use std::time::Duration;

use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router, middleware};
use ring::rand::SystemRandom;
use serde::Serialize;

use crate::country::Country;
use crate::keys::KeyRing;
use crate::lists::Lists;
use crate::redirect::redirect;
use crate::refusal::Refusal;
use crate::timestamp::Timestamp;

/// What every handler may read.
pub(crate) struct App {
    pub(crate) keys: KeyRing,
    pub(crate) lists: Lists,
    pub(crate) default_country: Option<Country>,
    pub(crate) delay: Duration,
    pub(crate) random: SystemRandom,
}

/// The HTTP interface.
pub(crate) fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/api/v1/sbc/redirect", post(redirect))
        // Tolerated for PBX fields that hold a bare path (API spec, introduction).
        .route("/v1/sbc/redirect", post(redirect))
        .route("/api/health", get(health))
        .fallback(async || Refusal::not_found())
        .method_not_allowed_fallback(async || Refusal::method_not_allowed())
        .layer(middleware::map_response(describe))
        .with_state(app)
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

/// An answer holds for one call at one moment: nothing on the way may keep it, or guess its type.
async fn describe(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(NOSNIFF, HeaderValue::from_static("nosniff"));
    response
}

const NOSNIFF: HeaderName = HeaderName::from_static("x-content-type-options");
