// SPDX-License-Identifier: GPL-2.0-or-later
//! What the server passes: the parameters of the module, and a request.

use std::net::IpAddr;
use std::slice;

use super::abi::{nol_call, nol_params, nol_rc, nol_str};
use crate::config::Given;
use crate::policy::Call;

/// Converts the parameters for the configuration.
pub(super) fn given(params: &nol_params) -> Result<Given, nol_rc> {
    // SAFETY: the header lends the parameters, and what they point to, for `engine_new`.
    let text = |value: nol_str| unsafe { value.text() }.map(str::to_owned);
    let profiles = if params.profiles.is_null() {
        &[]
    } else {
        // SAFETY: the header lends this many values for `engine_new`.
        unsafe { slice::from_raw_parts(params.profiles, params.profile_count) }
    };
    Ok(Given {
        api_url: text(params.api_url)?,
        api_url_backup: text(params.api_url_backup)?,
        api_key: text(params.api_key)?,
        signing_secret: text(params.signing_secret)?,
        timeout: params.timeout,
        allow_code: params.allow_code,
        spam_threshold: params.spam_threshold,
        redirect_threshold: params.redirect_threshold,
        block_invalid: params.block_invalid,
        block_reassigned: params.block_reassigned,
        redirect_contact: text(params.redirect_contact)?,
        mode: text(params.mode)?,
        shadow: params.shadow,
        enforce_percent: params.enforce_percent,
        number_source: text(params.number_source)?,
        verstat_source: text(params.verstat_source)?,
        ask_withheld: params.ask_withheld,
        anonymous: text(params.anonymous)?,
        block_reply: text(params.block_reply)?,
        block_location: text(params.block_location)?,
        regulation: text(params.regulation)?,
        reply_reason: params.reply_reason,
        redress_url: text(params.redress_url)?,
        redress_tel: text(params.redress_tel)?,
        redress_email: text(params.redress_email)?,
        emergency: text(params.emergency)?,
        emergency_window: params.emergency_window,
        trusted_sources: text(params.trusted_sources)?,
        allow_list: text(params.allow_list)?,
        deny_list: text(params.deny_list)?,
        dno_list: text(params.dno_list)?,
        dno_max_age: params.dno_max_age,
        default_country: text(params.default_country)?,
        local_check: params.local_check,
        cache_ttl: params.cache_ttl,
        cache_size: params.cache_size,
        cache_redis: text(params.cache_redis)?,
        log_numbers: params.log_numbers,
        rate_limit: params.rate_limit,
        breaker_window: params.breaker_window,
        breaker_errors: params.breaker_errors,
        breaker_retry: params.breaker_retry,
        ca_file: text(params.ca_file)?,
        tls_insecure: params.tls_insecure,
        http_proxy: text(params.http_proxy)?,
        async_lookups: params.async_lookups,
        async_queue: params.async_queue,
        profile: profiles
            .iter()
            .map(|profile| text(*profile))
            .collect::<Result<_, _>>()?,
    })
}

/// Converts the request for the policy.
pub(super) fn lent(call: &nol_call) -> Call<'_> {
    // SAFETY: the header lends the call, and what it points to, for `decide`.
    let bytes = |value: nol_str| unsafe { value.bytes() };
    let call = Call {
        method: bytes(call.method),
        call_id: bytes(call.call_id),
        to_tag: bytes(call.to_tag),
        request_uri: bytes(call.request_uri),
        next_uri: bytes(call.next_uri),
        source: address(bytes(call.source)),
        profile: bytes(call.profile),
        head: bytes(call.head),
        avps: &[],
    };
    #[cfg(feature = "deliberate-panic")]
    #[allow(clippy::panic, reason = "the feature exists for it")]
    if call.call_id.starts_with(b"panic") {
        panic!("deliberate");
    }
    call
}

/// An address of 4 or 16 bytes.
fn address(bytes: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    let v6 = || <[u8; 16]>::try_from(bytes).map(IpAddr::from);
    v4.or_else(|_| v6()).ok()
}
