// SPDX-License-Identifier: GPL-2.0-or-later
//! `number_source` and `verstat_source`: where a number, and what is known of it, may be found.

use super::NumberFrom;

/// Where the parts of an identity are looked for, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sources {
    number: Vec<NumberSource>,
    verstat: Vec<VerstatSource>,
    /// The AVPs among them, each once.
    avps: Vec<AvpName>,
}

/// Where a calling number may be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NumberSource {
    /// `P-Asserted-Identity` (RFC 3325).
    Pai,
    /// `P-Preferred-Identity` (RFC 3325).
    Ppi,
    /// `Remote-Party-ID`.
    Rpid,
    /// `From`.
    From,
    /// An AVP of the script, by its place in [`Sources::avps`].
    Script(usize),
}

/// Where the result of a verification by STIR/SHAKEN may be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum VerstatSource {
    /// The header that gave the number.
    Number,
    /// `Attestation-Info`.
    AttestationInfo,
    /// `X-Attestation-Info`.
    XAttestationInfo,
    /// `P-Attestation-Indicator`.
    PAttestationIndicator,
    /// An AVP of the script, by its place in [`Sources::avps`].
    Script(usize),
}

/// The name of an AVP of the routing script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AvpName(String);

/// An entry of a list that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadSource<'a> {
    /// Of `number_source`.
    Number(&'a str),
    /// Of `verstat_source`.
    Verstat(&'a str),
}

impl Sources {
    /// Parses both lists. Commas separate the entries, white space around them is allowed.
    pub fn new<'a>(number: &'a str, verstat: &'a str) -> Result<Self, BadSource<'a>> {
        let mut avps = Vec::new();
        let mut sources = Self {
            number: Vec::new(),
            verstat: Vec::new(),
            avps: Vec::new(),
        };
        for entry in number.split(',').map(str::trim) {
            let source = match entry {
                "pai" => Some(NumberSource::Pai),
                "ppi" => Some(NumberSource::Ppi),
                "rpid" => Some(NumberSource::Rpid),
                "from" => Some(NumberSource::From),
                _ => avp(entry, &mut avps).map(NumberSource::Script),
            };
            let source = source.filter(|source| !sources.number.contains(source));
            sources.number.push(source.ok_or(BadSource::Number(entry))?);
        }
        for entry in verstat.split(',').map(str::trim) {
            let source = match entry {
                "number" => Some(VerstatSource::Number),
                "attestation-info" => Some(VerstatSource::AttestationInfo),
                "x-attestation-info" => Some(VerstatSource::XAttestationInfo),
                "p-attestation-indicator" => Some(VerstatSource::PAttestationIndicator),
                _ => avp(entry, &mut avps).map(VerstatSource::Script),
            };
            let source = source.filter(|source| !sources.verstat.contains(source));
            sources
                .verstat
                .push(source.ok_or(BadSource::Verstat(entry))?);
        }
        sources.avps = avps;
        Ok(sources)
    }

    /// The AVPs whose values are needed, [`MOST_AVPS`] at most.
    #[must_use]
    pub fn avps(&self) -> &[AvpName] {
        &self.avps
    }

    /// Where a number is looked for. Of a source that is not trusted, From alone counts, and what the script says.
    pub(super) fn number(&self, is_trusted: bool) -> impl Iterator<Item = NumberSource> {
        let counts = move |source: &NumberSource| {
            is_trusted || matches!(source, NumberSource::From | NumberSource::Script(_))
        };
        let from = (!is_trusted && !self.number.contains(&NumberSource::From))
            .then_some(NumberSource::From);
        self.number.iter().copied().filter(counts).chain(from)
    }

    /// Where a verification is looked for.
    pub(super) fn verstat(&self, is_trusted: bool) -> impl Iterator<Item = VerstatSource> {
        let counts =
            move |source: &VerstatSource| is_trusted || matches!(source, VerstatSource::Script(_));
        self.verstat.iter().copied().filter(counts)
    }
}

impl NumberSource {
    /// The value of `$avp(nol_number_from)`.
    pub(super) fn name(self) -> NumberFrom {
        match self {
            Self::Pai => NumberFrom::Pai,
            Self::Ppi => NumberFrom::Ppi,
            Self::Rpid => NumberFrom::Rpid,
            Self::From => NumberFrom::From,
            Self::Script(_) => NumberFrom::Script,
        }
    }
}

impl AvpName {
    /// Its name, as `NAME` in `$avp(NAME)`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The place of `$avp(NAME)` among the AVPs, to which it is added if it is new.
fn avp(entry: &str, avps: &mut Vec<AvpName>) -> Option<usize> {
    let name = entry.strip_prefix("$avp(")?.strip_suffix(')')?;
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    // A decision removes the AVPs that have the module's prefix.
    if name.is_empty() || name.len() > LONGEST_NAME || name.starts_with("nol_") {
        return None;
    }
    if !name.bytes().all(is_name) {
        return None;
    }
    if let Some(place) = avps.iter().position(|known| known.0 == name) {
        return Some(place);
    }
    if avps.len() == MOST_AVPS {
        return None;
    }
    avps.push(AvpName(name.to_owned()));
    Some(avps.len() - 1)
}

/// How many AVPs both lists may name.
pub const MOST_AVPS: usize = 4;

const LONGEST_NAME: usize = 32;

#[cfg(test)]
mod tests;
