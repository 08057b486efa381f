// SPDX-License-Identifier: GPL-2.0-or-later
//! Builds the requests to the API.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ureq::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, USER_AGENT};
use ureq::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};

use crate::config::{ApiKey, ApiUrl};
use crate::failure::Failure;
use crate::question::Question;
use crate::signing::{SigningSecret, Stamp};

/// Credentials of a request.
#[derive(Clone, Copy, Debug)]
pub struct Credentials<'a> {
    /// The API key.
    pub key: &'a ApiKey,
    /// Signs the request.
    pub signing: Option<&'a SigningSecret>,
}

/// The URIs of one base URL of the API.
#[derive(Debug)]
pub(super) struct Target {
    /// The endpoint for questions.
    pub(super) uri: Uri,
    health: Uri,
    public_key: Uri,
    path: String,
    host: HeaderValue,
}

impl Target {
    pub(super) fn new(url: &ApiUrl) -> Self {
        let uri = url.join(Question::PATH);
        let host = uri.authority().map_or("", |authority| authority.as_str());
        Self {
            // All characters of an authority are allowed in a header.
            host: HeaderValue::from_str(host).unwrap_or(HeaderValue::from_static("")),
            path: url.path(Question::PATH),
            health: url.join("/api/health"),
            public_key: url.join("/api/v1/publickey"),
            uri,
        }
    }

    /// The request for the API's health, which needs no key.
    pub(super) fn health(&self) -> Request<()> {
        self.get(&self.health)
    }

    /// The request for the API's public key, which needs no API key.
    pub(super) fn public_key(&self) -> Request<()> {
        self.get(&self.public_key)
    }

    fn get(&self, uri: &Uri) -> Request<()> {
        let mut request = Request::new(());
        *request.uri_mut() = uri.clone();
        *request.headers_mut() = self.headers();
        request
    }

    /// The request of a question whose JSON is `body`.
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

    /// The headers of every request. The HTTP library would add them too, but would parse them each time.
    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(HEADERS);
        headers.insert(HOST, self.host.clone());
        headers.insert(ACCEPT, JSON);
        headers.insert(USER_AGENT, US);
        headers
    }
}

/// The time budget for the API: less than the configured budget if the deadline is close.
pub(super) fn budget(configured_ms: u16, left: Duration) -> u16 {
    let left = u16::try_from(left.as_millis()).unwrap_or(u16::MAX);
    configured_ms.min(left - left / 10).max(1)
}

/// A header value from a text of this module, which has only visible ASCII.
fn value(text: String) -> Result<HeaderValue, Failure> {
    HeaderValue::try_from(text).map_err(|_| Failure::Internal)
}

/// The maximal number of headers of a request.
const HEADERS: usize = 10;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const US: HeaderValue =
    HeaderValue::from_static(concat!("numbers_online/", env!("CARGO_PKG_VERSION")));

const BUDGET: HeaderName = HeaderName::from_static("x-sbc-budget-ms");
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const SIGNATURE: HeaderName = HeaderName::from_static("x-operator-signature");
const TIMESTAMP: HeaderName = HeaderName::from_static("x-operator-timestamp");
const NONCE: HeaderName = HeaderName::from_static("x-operator-nonce");
