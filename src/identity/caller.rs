// SPDX-License-Identifier: GPL-2.0-or-later
//! A calling number, with what is known of its origin.

use super::{Verification, Verstat};
use crate::number::Number;

/// The caller that a question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The calling number.
    pub number: Number,
    /// Where it was found.
    pub from: NumberFrom,
    /// What the network says about it.
    pub verification: Verification,
    /// Whether the caller understands a 608.
    pub understands_608: bool,
}

/// Where a calling number was found: `$avp(nol_number_from)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum NumberFrom {
    /// `P-Asserted-Identity`.
    Pai,
    /// `P-Preferred-Identity`.
    Ppi,
    /// `Remote-Party-ID`.
    Rpid,
    /// `From`.
    From,
    /// The routing script, or the operator.
    Script,
}

impl Caller {
    /// The verification as far as it can change the API's answer: empty if there is none.
    #[must_use]
    pub fn verstat_class(&self) -> &'static str {
        self.verification.verstat.map_or("", Verstat::as_str)
    }

    /// As words of shared memory.
    #[must_use]
    pub fn to_shared(&self) -> [u64; 3] {
        let [high, low] = self.number.to_shared();
        let facts = u64::from(self.from as u8)
            | u64::from(self.verification.to_shared()) << 8
            | u64::from(self.understands_608) << 24;
        [high, low, facts]
    }

    /// From shared memory, if a caller is there.
    #[must_use]
    pub fn from_shared([high, low, facts]: [u64; 3]) -> Option<Self> {
        let [from, verstat, attestation, understands_608, ..] = facts.to_le_bytes();
        Some(Self {
            number: Number::from_shared([high, low])?,
            from: *NumberFrom::ALL.get(usize::from(from))?,
            verification: Verification::from_shared(u16::from_le_bytes([verstat, attestation])),
            understands_608: understands_608 == 1,
        })
    }
}

impl NumberFrom {
    /// All values, in the order of their discriminants.
    const ALL: [Self; 5] = [Self::Pai, Self::Ppi, Self::Rpid, Self::From, Self::Script];

    /// The value of `$avp(nol_number_from)`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pai => "pai",
            Self::Ppi => "ppi",
            Self::Rpid => "rpid",
            Self::From => "from",
            Self::Script => "script",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Caller, NumberFrom, Verification};
    use crate::identity::{Attestation, Verstat};
    use crate::number::Number;

    #[test]
    fn a_caller_is_read_as_it_was_written() {
        let number = Number::new(b"+441632960123", None).expect("a global number");
        let verification = Verification {
            verstat: Some(Verstat::NotValidated),
            attestation: Some(Attestation::C),
        };
        for from in NumberFrom::ALL {
            for verification in [verification, Verification::default()] {
                let caller = Caller {
                    number,
                    from,
                    verification,
                    understands_608: from == NumberFrom::Pai,
                };
                assert_eq!(Caller::from_shared(caller.to_shared()), Some(caller));
            }
        }
        assert_eq!(Caller::from_shared([0; 3]), None);
    }
}
