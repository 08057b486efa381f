// SPDX-License-Identifier: GPL-2.0-or-later
//! The headers of a request that a decision reads.

/// Names of headers. Other headers are skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderName {
    /// `Attestation-Info` (3GPP TS 24.229 section 7.2.18).
    AttestationInfo,
    /// `Feature-Caps` (RFC 6809).
    FeatureCaps,
    /// `From`, or its compact form `f` (RFC 3261).
    From,
    /// `P-Asserted-Identity` (RFC 3325).
    PAssertedIdentity,
    /// `P-Attestation-Indicator`, which some carriers write.
    PAttestationIndicator,
    /// `P-Preferred-Identity` (RFC 3325).
    PPreferredIdentity,
    /// `Privacy` (RFC 3323).
    Privacy,
    /// `Priority` (RFC 3261).
    Priority,
    /// `Remote-Party-ID` (draft-ietf-sip-privacy-04).
    RemotePartyId,
    /// `Resource-Priority` (RFC 4412).
    ResourcePriority,
    /// `X-Attestation-Info`, which some carriers write.
    XAttestationInfo,
}

/// One header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header<'a> {
    /// Its name.
    pub name: HeaderName,
    /// Its body, as received. A folded one contains line ends.
    pub body: &'a [u8],
}

/// The headers of a request whose names are in [`HeaderName`], in their order, however many there are.
#[derive(Clone, Debug)]
pub struct Headers<'a> {
    /// The first ones.
    first: [Header<'a>; FIRST],
    count: usize,
    /// What is behind them. Nearly always empty.
    rest: Lines<'a>,
}

/// A header section. It ends with an empty line or the text.
#[derive(Clone, Debug)]
struct Lines<'a>(&'a [u8]);

impl<'a> Headers<'a> {
    /// Reads a header section. A line that is no header is skipped. A name may be in any case, with white space before its colon.
    #[must_use]
    pub fn read(section: &'a [u8]) -> Self {
        let mut headers = Self {
            first: [NONE; FIRST],
            count: 0,
            rest: Lines(section),
        };
        for place in &mut headers.first {
            let Some(header) = headers.rest.next() else {
                break;
            };
            *place = header;
            headers.count += 1;
        }
        headers
    }

    /// The bodies of all headers of a name.
    pub fn bodies(&self, name: HeaderName) -> impl Iterator<Item = &'a [u8]> {
        let first = self.first.iter().take(self.count).copied();
        first
            .chain(self.rest.clone())
            .filter(move |header| header.name == name)
            .map(|header| header.body)
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Header<'a>;

    fn next(&mut self) -> Option<Header<'a>> {
        loop {
            let first = *self.0.first()?;
            if first == b'\r' || first == b'\n' {
                return None;
            }
            let end = memchr::memchr(b'\n', self.0).map_or(self.0.len(), |at| at + 1);
            let (line, behind) = self.0.split_at_checked(end)?;
            let Some((name, start)) = named(line) else {
                self.0 = behind;
                continue;
            };
            let end = end + folded(behind);
            let (header, behind) = self.0.split_at_checked(end)?;
            self.0 = behind;
            let body = header.get(start..)?;
            return Some(Header { name, body });
        }
    }
}

/// The name of a header that a decision reads, and where its body begins.
fn named(line: &[u8]) -> Option<(HeaderName, usize)> {
    // Most lines end here.
    if !INITIALS.contains(&(line.first()? | 32)) {
        return None;
    }
    NAMES.iter().find_map(|(text, name)| {
        let (start, behind) = line.split_at_checked(text.len())?;
        if !start.eq_ignore_ascii_case(text) {
            return None;
        }
        let colon = behind.iter().position(|byte| !b" \t".contains(byte))?;
        (behind.get(colon) == Some(&b':')).then_some((*name, text.len() + colon + 1))
    })
}

/// The length of the lines that continue the one before them.
fn folded(mut text: &[u8]) -> usize {
    let mut len = 0;
    while let Some(b' ' | b'\t') = text.first() {
        let end = memchr::memchr(b'\n', text).map_or(text.len(), |at| at + 1);
        len += end;
        text = text.get(end..).unwrap_or_default();
    }
    len
}

const NAMES: &[(&[u8], HeaderName)] = &[
    (b"attestation-info", HeaderName::AttestationInfo),
    (b"feature-caps", HeaderName::FeatureCaps),
    (b"from", HeaderName::From),
    (b"f", HeaderName::From),
    (b"p-asserted-identity", HeaderName::PAssertedIdentity),
    (
        b"p-attestation-indicator",
        HeaderName::PAttestationIndicator,
    ),
    (b"p-preferred-identity", HeaderName::PPreferredIdentity),
    (b"privacy", HeaderName::Privacy),
    (b"priority", HeaderName::Priority),
    (b"remote-party-id", HeaderName::RemotePartyId),
    (b"resource-priority", HeaderName::ResourcePriority),
    (b"x-attestation-info", HeaderName::XAttestationInfo),
];

/// The first letters of [`NAMES`].
const INITIALS: &[u8] = b"afprx";

/// More than these are searched for again each time.
const FIRST: usize = 16;

const NONE: Header<'_> = Header {
    name: HeaderName::From,
    body: &[],
};

#[cfg(test)]
mod tests;
