// SPDX-License-Identifier: GPL-2.0-or-later

//! Who may make a request.

use axum::http::HeaderMap;

use crate::credential;
use crate::keys::{Holder, KeyRing};
use crate::refusal::Refusal;
use crate::use_case::UseCase;

/// The holder of the key of a request, if the key is entitled to the use case.
///
/// `query` is for the paths that accept `?key=`.
pub(crate) fn authorize<'a>(
    keys: &'a KeyRing,
    headers: &HeaderMap,
    query: Option<&str>,
    use_case: UseCase,
) -> Result<&'a Holder, Refusal> {
    let key = credential::key(headers, query).ok_or_else(Refusal::missing_key)?;
    let holder = keys.holder(&key).ok_or_else(Refusal::invalid_key)?;
    if holder.may(use_case) {
        Ok(holder)
    } else {
        Err(Refusal::use_case_forbidden(use_case))
    }
}
