// SPDX-License-Identifier: GPL-2.0-or-later

//! `GET /api/v1/publickey`: the key that verifies signed answers.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use crate::state::AppState;

/// Answers without a key (API spec).
pub(crate) async fn public_key(State(state): State<Arc<AppState>>) -> Json<PublicKey> {
    Json(PublicKey {
        algorithm: "ed25519",
        public_key_pem: state.files.signing_key.current().public_key_pem(),
    })
}

#[derive(Serialize)]
pub(crate) struct PublicKey {
    algorithm: &'static str,
    public_key_pem: String,
}
