// SPDX-License-Identifier: GPL-2.0-or-later

use core::fmt;

use crate::region::Region;
use crate::table::regions::REGIONS;

/// A country or territory with a numbering plan of its own.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Country(u8);

impl Country {
    /// Reads an ISO 3166-1 alpha-2 code, in small or capital letters: `GB`. Also `AC` (Ascension), `TA` (Tristan da Cunha) and `XK`
    /// (Kosovo).
    #[must_use]
    pub fn new(code: &str) -> Option<Self> {
        let id: [u8; 2] = code.as_bytes().try_into().ok()?;
        u8::try_from(Region::find(id.map(|letter| letter.to_ascii_uppercase()))?)
            .ok()
            .map(Self)
    }

    /// The code, in capital letters.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.region()
            .and_then(|region| core::str::from_utf8(&region.id).ok())
            .unwrap_or_default()
    }

    /// The country code of ITU-T E.164; 0 never occurs.
    #[must_use]
    pub fn calling_code(self) -> u16 {
        self.region().map_or(0, |region| region.code)
    }

    pub(crate) fn region(self) -> Option<&'static Region> {
        REGIONS.get(usize::from(self.0))
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
