// SPDX-License-Identifier: GPL-2.0-or-later
//! The parts of a request that a decision reads.

use std::net::IpAddr;

use crate::sip_header::Header;

/// One SIP request, as the server parsed it. Absent values are empty.
#[derive(Clone, Copy, Debug, Default)]
pub struct Call<'a> {
    /// The method.
    pub method: &'a [u8],
    /// Body of Call-ID.
    pub call_id: &'a [u8],
    /// Tag of From.
    pub from_tag: &'a [u8],
    /// Tag of To, there in a dialog.
    pub to_tag: &'a [u8],
    /// URI of From.
    pub from_uri: &'a [u8],
    /// Request URI, as received.
    pub request_uri: &'a [u8],
    /// The request URI that the routing script wrote.
    pub next_uri: &'a [u8],
    /// Where the request came from.
    pub source: Option<IpAddr>,
    /// The name of the profile that is to decide; empty for the module's parameters.
    pub profile: &'a [u8],
    /// The headers that a decision reads.
    pub headers: &'a [Header<'a>],
    /// The rest of the header section, from the first line that the server could not parse.
    pub unread: &'a [u8],
}
