// SPDX-License-Identifier: GPL-2.0-or-later

//! Answers other than 200, with the flat error body.

use axum::Json;
use axum::http::header::WWW_AUTHENTICATE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tracing::info;

use crate::malformed::Malformed;
use crate::use_case::UseCase;

/// The refusal of a request: `{"error": "<prose>", "code": "<name>"}` (API spec, Error).
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    code: &'static str,
    error: String,
}

impl Refusal {
    fn new(status: StatusCode, code: &'static str, error: impl Into<String>) -> Self {
        Self {
            status,
            code,
            error: error.into(),
        }
    }

    pub(crate) fn missing_key() -> Self {
        let error =
            "API key required. Provide via Authorization: Bearer <key> or X-API-Key header.";
        Self::new(StatusCode::UNAUTHORIZED, "missing_key", error)
    }

    pub(crate) fn invalid_key() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "invalid_key",
            "The API key is unknown or revoked.",
        )
    }

    /// Never a 401: another attempt with the same key would not help.
    pub(crate) fn use_case_forbidden(use_case: UseCase) -> Self {
        let error = format!(
            "The API key is not entitled to the use case {}.",
            use_case.name()
        );
        Self::new(StatusCode::FORBIDDEN, "use_case_forbidden", error)
    }

    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "Not found.")
    }

    pub(crate) fn method_not_allowed() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            "Method not allowed.",
        )
    }

    pub(crate) fn body_incomplete() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "invalid_request",
            "The request body ended early.",
        )
    }

    pub(crate) fn body_too_slow() -> Self {
        Self::new(
            StatusCode::REQUEST_TIMEOUT,
            "request_timeout",
            "The request body did not arrive in time.",
        )
    }

    pub(crate) fn body_too_large(limit: usize) -> Self {
        let error = format!("The request body is too large; allowed: {limit} bytes.");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "request_too_large", error)
    }
}

impl From<Malformed> for Refusal {
    fn from(malformed: Malformed) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "invalid_request",
            malformed.to_string(),
        )
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        // The prose may quote the caller's values, so the log has only the code.
        info!(status = self.status.as_u16(), code = self.code, "refused");
        let mut response = (
            self.status,
            Json(Body {
                error: self.error,
                code: self.code,
            }),
        )
            .into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            // RFC 9110 section 15.5.2 asks for it.
            response
                .headers_mut()
                .insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

#[derive(Serialize)]
struct Body {
    error: String,
    code: &'static str,
}
