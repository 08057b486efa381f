// SPDX-License-Identifier: GPL-2.0-or-later
//! Why a lookup did not give an answer.

macro_rules! failures {
    ($($(#[$doc:meta])+ $variant:ident = $name:literal,)+) => {
        /// The closed list of `$avp(nol_failure)`. Each value names one cause and no other.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Failure {
            $($(#[$doc])+ $variant,)+
        }

        impl Failure {
            /// Every value, in the order of their numbers.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The value of `$avp(nol_failure)`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }
    };
}

failures! {
    /// Nothing failed.
    None = "none",
    /// The deadline passed in the queue of asynchronous lookups.
    TimeoutQueue = "timeout_queue",
    /// The deadline passed during name resolution.
    TimeoutDns = "timeout_dns",
    /// The deadline passed before a TCP connection stood.
    TimeoutConnect = "timeout_connect",
    /// The deadline passed in the TLS handshake.
    TimeoutTls = "timeout_tls",
    /// The deadline passed while the request was sent or the answer awaited.
    TimeoutResponse = "timeout_response",
    /// The name of the API does not resolve.
    Dns = "dns",
    /// No address of the API took the connection.
    Connect = "connect",
    /// The TLS handshake failed: certificate, protocol or alert.
    Tls = "tls",
    /// The connection ended before the answer did.
    Reset = "reset",
    /// HTTP 400: the API does not understand the request.
    Http400 = "http_400",
    /// HTTP 401: the API key is missing or unknown.
    Http401 = "http_401",
    /// HTTP 402: the account must be topped up or verified.
    Http402 = "http_402",
    /// HTTP 403: the key may not do this, or the account is suspended.
    Http403 = "http_403",
    /// HTTP 404: `api_url` is not the base URL of the API.
    Http404 = "http_404",
    /// HTTP 429: too many requests.
    Http429 = "http_429",
    /// Any other HTTP 4xx.
    Http4xx = "http_4xx",
    /// HTTP 5xx.
    Http5xx = "http_5xx",
    /// Any other status than 200, a redirection for one, which is never followed.
    HttpOther = "http_other",
    /// Headers or body above 64 KiB.
    TooLarge = "too_large",
    /// The answer is not HTTP, or its body is not JSON.
    Parse = "parse",
    /// The JSON is not the answer that the API contract describes.
    Schema = "schema",
    /// HTTP 401 `signature_invalid`: the signing secret is wrong or missing.
    Signature = "signature",
    /// HTTP 401 `signature_invalid` while this machine's clock is off by more than the signature's window.
    ClockSkew = "clock_skew",
    /// The API answered that it failed itself (`reason` `error` or `latency_budget`).
    ServerFailopen = "server_failopen",
    /// No request was made: the circuit breaker or a latch is open.
    BreakerOpen = "breaker_open",
    /// No request was made: `rate_limit` or the API's own `Retry-After` forbids it for now.
    RateLimited = "rate_limited",
    /// No request was made: the queue of asynchronous lookups is full, or this machine has no descriptor, port or memory left.
    Shed = "shed",
    /// No request was made: the call carries no global telephone number.
    NoNumber = "no_number",
    /// No request was made: the caller withheld the number.
    Anonymous = "anonymous",
    /// No request was made: there is no API key.
    NoKey = "no_key",
    /// The decision is a redirect and `redirect_contact` is not set.
    NoContact = "no_contact",
    /// A fault of this module; the server's log has a line about it.
    Internal = "internal",
}

#[cfg(test)]
mod tests {
    use super::Failure;

    #[test]
    fn the_list_is_the_published_one() {
        let published = "none timeout_queue timeout_dns timeout_connect timeout_tls timeout_response dns connect tls reset \
            http_400 http_401 http_402 http_403 http_404 http_429 http_4xx http_5xx http_other too_large parse schema signature \
            clock_skew server_failopen breaker_open rate_limited shed no_number anonymous no_key no_contact internal";
        let listed: Vec<_> = Failure::ALL
            .iter()
            .map(|failure| failure.as_str())
            .collect();
        assert_eq!(listed, published.split_whitespace().collect::<Vec<_>>());
    }
}
