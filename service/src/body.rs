// SPDX-License-Identifier: GPL-2.0-or-later

//! Request bodies, within limits of size and time.

use std::time::Duration;

use axum::body::Body;
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
    let (mut bytes, mut length) = (Vec::new(), 0);
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Refusal::body_incomplete())?.into_data() else {
            continue;
        };
        length += data.len();
        if length <= LIMIT {
            bytes.extend_from_slice(&data);
        } else if length > PATIENCE {
            break;
        }
    }
    if length > LIMIT {
        Err(Refusal::body_too_large(LIMIT))
    } else {
        Ok(bytes)
    }
}

/// In bytes: many times the longest sensible request.
const LIMIT: usize = 16 * 1024;
/// In bytes: an oversized body is read on so far, for a connection closed on unread data loses the answer.
const PATIENCE: usize = 1024 * 1024;
const TIMEOUT: Duration = Duration::from_secs(10);
