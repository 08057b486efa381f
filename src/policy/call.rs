// SPDX-License-Identifier: GPL-2.0-or-later
//! The parts of a request that a decision reads.

use std::net::IpAddr;

/// One SIP request, as the server parsed it. Absent values are empty.
#[derive(Clone, Copy, Debug, Default)]
pub struct Call<'a> {
    /// The method.
    pub method: &'a [u8],
    /// Body of Call-ID.
    pub call_id: &'a [u8],
    /// Tag of To, there in a dialog.
    pub to_tag: &'a [u8],
    /// Request URI, as received.
    pub request_uri: &'a [u8],
    /// The request URI that the routing script wrote.
    pub next_uri: &'a [u8],
    /// Where the request came from.
    pub source: Option<IpAddr>,
    /// The name of the profile that is to decide; empty for the module's parameters.
    pub profile: &'a [u8],
    /// The header section. A body may follow behind an empty line.
    pub head: &'a [u8],
    /// The values of the script's AVPs that name an identity or its verification, in the order of
    /// [`Sources::avps`](crate::identity::Sources::avps).
    pub avps: &'a [&'a [u8]],
}

impl<'a> Call<'a> {
    /// Whether it opens a dialog. Methods are case-sensitive (RFC 3261 section 7.1), but servers and telephones take `invite` for an
    /// INVITE, so small letters must not be a way around the screening.
    #[must_use]
    pub fn is_initial_invite(&self) -> bool {
        self.method.eq_ignore_ascii_case(b"INVITE") && self.to_tag.is_empty()
    }

    /// The URI that the call goes to.
    #[must_use]
    pub fn target(&self) -> &'a [u8] {
        if self.next_uri.is_empty() {
            self.request_uri
        } else {
            self.next_uri
        }
    }
}
