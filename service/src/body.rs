// SPDX-License-Identifier: GPL-2.0-or-later

//! Request bodies, within limits of size and time.

use std::time::Duration;

use axum::body::{Body, HttpBody};
use http_body_util::BodyExt;
use tokio::time::timeout;

use crate::refusal::Refusal;

/// Reads a body of at most 16 KiB that arrives within 10 seconds.
pub(crate) async fn read(body: Body) -> Result<Vec<u8>, Refusal> {
    timeout(TIMEOUT, collect(body))
        .await
        .unwrap_or_else(|_| Err(Refusal::body_too_slow()))
}

async fn collect(mut body: Body) -> Result<Vec<u8>, Refusal> {
    // The rest of an oversized body is not read here: the connection discards it when it closes.
    if body.size_hint().lower() > LIMIT as u64 {
        return Err(Refusal::body_too_large(LIMIT));
    }
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Refusal::body_incomplete())?.into_data() else {
            continue;
        };
        if bytes.len() + data.len() > LIMIT {
            return Err(Refusal::body_too_large(LIMIT));
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes)
}

/// In bytes: many times the longest sensible request.
const LIMIT: usize = 16 * 1024;
const TIMEOUT: Duration = Duration::from_secs(10);
