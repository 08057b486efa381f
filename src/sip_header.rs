// SPDX-License-Identifier: GPL-2.0-or-later
//! The headers of a request that a decision reads.

/// Names of headers. All headers of such a name are part of a call, in the order of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderName {
    /// `Feature-Caps` (RFC 6809).
    FeatureCaps,
    /// `Privacy` (RFC 3323).
    Privacy,
    /// `Priority` (RFC 3261).
    Priority,
    /// `Remote-Party-ID` (draft-ietf-sip-privacy-04).
    RemotePartyId,
    /// `Resource-Priority` (RFC 4412).
    ResourcePriority,
}

/// One header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header<'a> {
    /// Its name.
    pub name: HeaderName,
    /// Its body, as received.
    pub body: &'a [u8],
}

/// The bodies of all headers of a name.
pub fn bodies<'a>(headers: &[Header<'a>], name: HeaderName) -> impl Iterator<Item = &'a [u8]> {
    headers
        .iter()
        .filter(move |header| header.name == name)
        .map(|header| header.body)
}

/// A value without the white space around it, which includes the line ends of a folded header.
#[must_use]
pub fn trimmed(value: &[u8]) -> &[u8] {
    value.trim_ascii()
}
