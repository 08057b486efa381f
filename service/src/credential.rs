// SPDX-License-Identifier: GPL-2.0-or-later

//! The API key of a request.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;

/// The key of a request: `Authorization: Bearer`, else `X-API-Key`, else `?key=` (API spec, security schemes).
///
/// `query` is given only for the paths where the API spec accepts `?key=`: a query ends up in access logs.
pub(crate) fn key(headers: &HeaderMap, query: Option<&str>) -> Option<String> {
    bearer(headers)
        .or_else(|| headers.get("x-api-key")?.to_str().ok().map(str::trim))
        .filter(|key| !key.is_empty())
        .map(str::to_owned)
        .or_else(|| from_query(query?))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, key) = headers
        .get(AUTHORIZATION)?
        .to_str()
        .ok()?
        .trim()
        .split_once(' ')?;
    // RFC 9110 section 11.1: the scheme is case-insensitive.
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

fn from_query(query: &str) -> Option<String> {
    form_urlencoded::parse(query.as_bytes())
        .find(|(name, value)| name == "key" && !value.is_empty())
        .map(|(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn the_key_is_taken_from_where_the_interface_says() {
        for (authorization, header, query, expected) in [
            (
                Some("Bearer one"),
                Some("two"),
                Some("key=three"),
                Some("one"),
            ),
            (Some("bEARER  one "), None, None, Some("one")),
            (Some("Basic dXNlcg=="), Some("two"), None, Some("two")),
            (Some("one"), None, Some("key=three"), Some("three")),
            (None, Some(" two "), Some("key=three"), Some("two")),
            (
                None,
                Some(""),
                Some("a=b&key=th%72ee&key=four"),
                Some("three"),
            ),
            (Some("Bearer "), None, Some("key="), None),
            (None, None, Some("keys=three"), None),
            (None, None, None, None),
        ] {
            let mut headers = HeaderMap::new();
            for (name, value) in [("authorization", authorization), ("x-api-key", header)] {
                if let Some(value) = value {
                    headers.insert(name, HeaderValue::from_static(value));
                }
            }
            assert_eq!(
                key(&headers, query).as_deref(),
                expected,
                "{authorization:?} {header:?} {query:?}"
            );
        }
    }
}
