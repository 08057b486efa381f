// SPDX-License-Identifier: GPL-2.0-or-later
//! What a network says about its verification of a caller by STIR/SHAKEN.

/// The result of a verification, as far as it is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verification {
    /// The result itself.
    pub verstat: Option<Verstat>,
    /// How far the originating network vouches for the caller.
    pub attestation: Option<Attestation>,
}

/// The values of the tel URI parameter `verstat` (3GPP TS 24.229 section 7.2A.20). "Passed" means that the number is the caller's own, not
/// that the call is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Verstat {
    /// The signature was checked and right.
    Passed = 1,
    /// The signature was checked and wrong.
    Failed,
    /// No signature, or none that could be checked.
    NotValidated,
}

/// The attestation of a SHAKEN `PASSporT` (RFC 8588): `$avp(nol_attestation)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Attestation {
    /// Full: the network knows the caller and the right to the number.
    A = 1,
    /// Partial: the network knows the caller.
    B,
    /// Gateway: the network knows where the call came from.
    C,
}

/// What one place says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Claim {
    verstat: Option<Verstat>,
    /// A level that is written there.
    level: Option<Attestation>,
}

impl Claim {
    /// Reads a value of `verstat`, with or without a suffix, or a level alone. A value of another form claims nothing.
    pub(super) fn read(value: &[u8]) -> Self {
        let value = value.trim_ascii();
        if let Some(level) = Attestation::read(value) {
            return Self {
                verstat: None,
                level: Some(level),
            };
        }
        Verstat::ALL
            .into_iter()
            .find_map(|verstat| {
                let (start, suffix) = value.split_at_checked(verstat.as_str().len())?;
                if !start.eq_ignore_ascii_case(verstat.as_str().as_bytes()) {
                    return None;
                }
                let level = match suffix {
                    [] => None,
                    [b'-', level @ ..] if verstat != Verstat::NotValidated => {
                        Some(Attestation::read(level)?)
                    }
                    _ => return None,
                };
                Some(Self {
                    verstat: Some(verstat),
                    level,
                })
            })
            .unwrap_or_default()
    }

    /// What several values at one place claim together. If they contradict each other, nothing: one may be the caller's own.
    pub(super) fn of<'a>(values: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut claims = values.map(Self::read);
        let first = claims.next().unwrap_or_default();
        if claims.all(|claim| claim == first) {
            first
        } else {
            Self::default()
        }
    }

    pub(super) fn is_empty(self) -> bool {
        self == Self::default()
    }
}

impl Verification {
    /// Puts the claims of several places together, the most important first.
    pub(super) fn of(claims: impl Iterator<Item = Claim>) -> Self {
        let mut all = Claim::default();
        for claim in claims {
            all.verstat = all.verstat.or(claim.verstat);
            all.level = all.level.or(claim.level);
        }
        let attestation = match all.verstat {
            // Nobody vouches for a number whose signature is wrong.
            Some(Verstat::Failed) => None,
            // Networks that write no level pass A alone.
            Some(Verstat::Passed) => all.level.or(Some(Attestation::A)),
            Some(Verstat::NotValidated) | None => all.level,
        };
        Self {
            verstat: all.verstat,
            attestation,
        }
    }

    /// As a word of shared memory.
    #[must_use]
    pub fn to_shared(self) -> u16 {
        let verstat = self.verstat.map_or(0, |verstat| verstat as u8);
        let attestation = self.attestation.map_or(0, |level| level as u8);
        u16::from_le_bytes([verstat, attestation])
    }

    /// From shared memory.
    #[must_use]
    pub fn from_shared(word: u16) -> Self {
        let [verstat, attestation] = word.to_le_bytes();
        let known = |verstat: u8| {
            Verstat::ALL
                .into_iter()
                .find(|known| *known as u8 == verstat)
        };
        let level = |level: u8| {
            Attestation::ALL
                .into_iter()
                .find(|known| *known as u8 == level)
        };
        Self {
            verstat: known(verstat),
            attestation: level(attestation),
        }
    }
}

impl Verstat {
    /// All values.
    pub const ALL: [Self; 3] = [Self::Passed, Self::Failed, Self::NotValidated];

    /// The value without a suffix, as the API takes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "TN-Validation-Passed",
            Self::Failed => "TN-Validation-Failed",
            Self::NotValidated => "No-TN-Validation",
        }
    }
}

impl Attestation {
    const ALL: [Self; 3] = [Self::A, Self::B, Self::C];

    /// `A`, `B` or `C`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
        }
    }

    fn read(text: &[u8]) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|known| text.eq_ignore_ascii_case(known.as_str().as_bytes()))
    }
}

#[cfg(test)]
mod tests;
