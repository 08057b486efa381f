// SPDX-License-Identifier: GPL-2.0-or-later
//! The request as the API wants it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ureq::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, USER_AGENT};
use ureq::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};

use crate::config::{ApiKey, ApiUrl};
use crate::failure::Failure;
use crate::question::Question;
use crate::signing::{SigningSecret, Stamp};

/// Who asks, and how.
#[derive(Clone, Copy, Debug)]
pub struct Credentials<'a> {
    /// The API key.
    pub key: &'a ApiKey,
    /// Signs the request.
    pub signing: Option<&'a SigningSecret>,
}

/// Where one of the API's URLs leads.
#[derive(Debug)]
pub(super) struct Target {
    /// The endpoint that questions are put to.
    pub(super) uri: Uri,
    health: Uri,
    path: String,
    host: HeaderValue,
}

impl Target {
    pub(super) fn new(url: &ApiUrl) -> Self {
        let uri = url.join(Question::PATH);
        let host = uri.authority().map_or("", |authority| authority.as_str());
        Self {
            // The characters of an authority may stand in a header.
            host: HeaderValue::from_str(host).unwrap_or(HeaderValue::from_static("")),
            path: url.path(Question::PATH),
            health: url.join("/api/health"),
            uri,
        }
    }

    /// The request for the API's health, which needs no key.
    pub(super) fn health(&self) -> Request<()> {
        let mut request = Request::new(());
        *request.uri_mut() = self.health.clone();
        *request.headers_mut() = self.headers();
        request
    }

    /// The request that puts a question whose JSON is `body`.
    pub(super) fn request<'a>(
        &self,
        question: &Question<'_>,
        body: &'a str,
        credentials: Credentials<'_>,
        budget_ms: u16,
    ) -> Result<Request<&'a str>, Failure> {
        let key = question.idempotency_key().to_hex();
        let mut headers = self.headers();
        headers.insert(AUTHORIZATION, credentials.key.authorization().clone());
        headers.insert(CONTENT_TYPE, JSON);
        headers.insert(BUDGET, HeaderValue::from(budget_ms));
        headers.insert(IDEMPOTENCY_KEY, value(key)?);
        if let Some(secret) = credentials.signing {
            let now = SystemTime::now().duration_since(UNIX_EPOCH);
            let stamp = Stamp::new(now.unwrap_or_default().as_secs()).ok_or(Failure::Internal)?;
            let signature = secret.sign("POST", &self.path, body.as_bytes(), &stamp);
            headers.insert(SIGNATURE, value(signature)?);
            headers.insert(TIMESTAMP, HeaderValue::from(stamp.timestamp));
            headers.insert(NONCE, value(stamp.nonce)?);
        }
        let mut request = Request::new(body);
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = headers;
        Ok(request)
    }

    /// What every request says. The HTTP library would add it too, but would make it of text each time.
    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(HEADERS);
        headers.insert(HOST, self.host.clone());
        headers.insert(ACCEPT, JSON);
        headers.insert(USER_AGENT, US);
        headers
    }
}

/// What is left for the API: of a deadline that is nearly over, less than the configured budget.
pub(super) fn budget(configured_ms: u16, left: Duration) -> u16 {
    let left = u16::try_from(left.as_millis()).unwrap_or(u16::MAX);
    configured_ms.min(left - left / 10).max(1)
}

/// The value of a header made of text of ours, which has nothing but visible ASCII.
fn value(text: String) -> Result<HeaderValue, Failure> {
    HeaderValue::try_from(text).map_err(|_| Failure::Internal)
}

/// The most that a request has.
const HEADERS: usize = 10;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const US: HeaderValue =
    HeaderValue::from_static(concat!("numbers_online/", env!("CARGO_PKG_VERSION")));

const BUDGET: HeaderName = HeaderName::from_static("x-sbc-budget-ms");
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const SIGNATURE: HeaderName = HeaderName::from_static("x-operator-signature");
const TIMESTAMP: HeaderName = HeaderName::from_static("x-operator-timestamp");
const NONCE: HeaderName = HeaderName::from_static("x-operator-nonce");
