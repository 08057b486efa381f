// SPDX-License-Identifier: GPL-2.0-or-later
//! Who calls whom: the calling number of a request, whether it is withheld, what its network says about it, and the called number.

mod caller;
mod sources;
mod uri;
mod verification;

use numbers_online_number::Country;

pub use caller::{Caller, NumberFrom};
pub use sources::{AvpName, BadSource, MOST_AVPS, Sources};
pub use verification::{Attestation, Verification, Verstat};

use self::sources::{NumberSource, VerstatSource};
use self::uri::Uri;
use self::verification::Claim;
use crate::feature_caps::understands_608;
use crate::name_addr::{Value, values};
use crate::number::Number;
use crate::privacy;
use crate::sip_header::{HeaderName, Headers};

/// What a request says about its caller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// The calling number, withheld or not, and where it was found.
    pub caller: Option<Caller>,
    /// The caller does not want to be known.
    pub is_withheld: bool,
    /// What the network says about the caller, with or without a number.
    pub verification: Verification,
}

/// The parts of a request that tell an identity.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Its headers.
    pub headers: &'a Headers<'a>,
    /// Whether more than From is believed (RFC 3325's trust domain).
    pub is_trusted: bool,
    /// The values of [`Sources::avps`], empty where there is none.
    pub avps: &'a [&'a [u8]],
    /// The country in whose forms numbers are read, besides the global one.
    pub home: Option<Country>,
}

/// One identity of a request.
#[derive(Clone, Copy, Debug)]
struct Candidate<'a> {
    value: Value<'a>,
    /// None for an AVP that holds a number alone.
    uri: Option<Uri<'a>>,
    home: Option<Country>,
}

/// The number that a URI of the called party names, also in the forms of the country `home`.
#[must_use]
pub fn called_number(uri: &[u8], home: Option<Country>) -> Option<Number> {
    Uri::read(uri).and_then(|uri| uri.number(home))
}

/// The tag of From in a header section, or nothing.
#[must_use]
pub fn from_tag(head: &[u8]) -> &[u8] {
    let headers = Headers::read(head);
    let from = headers.bodies(HeaderName::From).next().map(Value::only);
    let tag = from.and_then(|from| from.parameters(b"tag").next());
    tag.unwrap_or_default()
}

impl Identity {
    /// Reads the identity of a request.
    #[must_use]
    pub fn read(request: &Request<'_>, sources: &Sources) -> Self {
        // Nearly every call needs it, and more than once.
        let from = request.from();
        let best = |source| match source {
            NumberSource::From => from,
            source => request.best(source),
        };
        let mut found = None;
        let mut nameless = None;
        for source in sources.number(request.is_trusted) {
            let Some(candidate) = best(source) else {
                continue;
            };
            if let Some(number) = candidate.number() {
                found = Some((number, source, candidate));
                break;
            }
            if candidate.is_anonymous() {
                nameless = nameless.or(Some(candidate));
            }
        }
        let is_withheld = privacy::is_withheld(request.headers)
            || from.is_some_and(|from| from.is_anonymous())
            || (found.is_none() && nameless.is_some())
            || found.is_some_and(|(_, _, candidate)| candidate.is_anonymous());
        let mut told = match found {
            Some((_, _, candidate)) => candidate.claim(),
            None => nameless.map(Candidate::claim).unwrap_or_default(),
        };
        // Another place may have the same number with what is known of it.
        if let Some((number, given, _)) = found
            && told.is_empty()
            && request.is_trusted
        {
            told = sources
                .number(request.is_trusted)
                .filter(|source| *source != given)
                .filter_map(best)
                .filter(|other| other.number() == Some(number))
                .map(Candidate::claim)
                .find(|claim| !claim.is_empty())
                .unwrap_or_default();
        }
        let verification = request.verification(told, sources);
        Self {
            caller: found.map(|(number, source, _)| Caller {
                number,
                from: source.name(),
                verification,
                understands_608: understands_608(request.headers),
            }),
            is_withheld,
            verification,
        }
    }

    /// The identity of a number that the operator asks about.
    #[must_use]
    pub fn of(number: Number) -> Self {
        Self {
            caller: Some(Caller {
                number,
                from: NumberFrom::Script,
                verification: Verification::default(),
                understands_608: false,
            }),
            ..Self::default()
        }
    }
}

impl<'a> Request<'a> {
    fn from(&self) -> Option<Candidate<'a>> {
        let body = self.headers.bodies(HeaderName::From).next()?;
        Candidate::of_uri(Value::only(body), self.home)
    }

    /// The best identity of a source: a tel URI with a number, else the first one with a number, else the first one.
    fn best(&self, source: NumberSource) -> Option<Candidate<'a>> {
        let name = match source {
            NumberSource::From => return self.from(),
            NumberSource::Script(place) => {
                let value = self.avps.get(place).filter(|value| !value.is_empty())?;
                return Some(Candidate::of_script(Value::only(value), self.home));
            }
            NumberSource::Pai => HeaderName::PAssertedIdentity,
            NumberSource::Ppi => HeaderName::PPreferredIdentity,
            NumberSource::Rpid => HeaderName::RemotePartyId,
        };
        let mut best: Option<Candidate<'_>> = None;
        let mut has_number = false;
        let mut left = MOST_NUMBERS;
        for value in self.headers.bodies(name).flat_map(values) {
            if source == NumberSource::Rpid && privacy::is_called_party(value) {
                continue;
            }
            let Some(candidate) = Candidate::of_uri(value, self.home) else {
                continue;
            };
            let may_count = candidate.is_tel() || !has_number;
            if may_count && candidate.looks_like_a_number() {
                left = left.saturating_sub(1);
                if left == 0 {
                    break;
                }
            }
            if may_count && candidate.number().is_some() {
                has_number = true;
                best = Some(candidate);
                if candidate.is_tel() {
                    break;
                }
            }
            best = best.or(Some(candidate));
        }
        best
    }

    /// Puts together what all places say. `told` is what the header with the number does.
    fn verification(&self, told: Claim, sources: &Sources) -> Verification {
        let header = |name| Claim::of(self.headers.bodies(name));
        Verification::of(sources.verstat(self.is_trusted).map(|source| match source {
            VerstatSource::Number => told,
            VerstatSource::AttestationInfo => header(HeaderName::AttestationInfo),
            VerstatSource::XAttestationInfo => header(HeaderName::XAttestationInfo),
            VerstatSource::PAttestationIndicator => header(HeaderName::PAttestationIndicator),
            VerstatSource::Script(place) => {
                Claim::read(self.avps.get(place).copied().unwrap_or_default())
            }
        }))
    }
}

impl<'a> Candidate<'a> {
    fn of_uri(value: Value<'a>, home: Option<Country>) -> Option<Self> {
        let uri = Uri::read(value.uri())?;
        Some(Self {
            value,
            uri: Some(uri),
            home,
        })
    }

    /// The script may give a number alone.
    fn of_script(value: Value<'a>, home: Option<Country>) -> Self {
        let uri = Uri::read(value.uri());
        Self { value, uri, home }
    }

    fn number(&self) -> Option<Number> {
        match self.uri {
            Some(uri) => uri.number(self.home),
            None => uri::number(self.value.uri(), self.home),
        }
    }

    fn looks_like_a_number(&self) -> bool {
        self.uri.is_some_and(|uri| uri.looks_like_a_number())
    }

    fn is_tel(&self) -> bool {
        self.uri.is_some_and(|uri| uri.is_tel)
    }

    fn is_anonymous(&self) -> bool {
        match self.uri {
            Some(uri) => uri.is_anonymous(),
            None => uri::is_anonymous_name(self.value.uri()),
        }
    }

    /// What its `verstat` parameters say.
    fn claim(self) -> Claim {
        let uri = self.uri.into_iter().flat_map(|uri| uri.parameters(VERSTAT));
        Claim::of(uri.chain(self.value.parameters(VERSTAT)))
    }
}

const VERSTAT: &[u8] = b"verstat";

/// How many values that may be numbers are read at one place, and one more. RFC 3325 allows two. A request has room for thousands, and to
/// read a short one takes microseconds.
const MOST_NUMBERS: usize = 64 + 1;

#[cfg(test)]
mod tests;
