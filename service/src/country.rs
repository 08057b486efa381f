// SPDX-License-Identifier: GPL-2.0-or-later

//! Countries with a numbering plan.

use std::fmt;
use std::str::FromStr;

use rlibphonenumber::{PHONE_NUMBER_UTIL, Region};
use serde::Serialize;

/// A country by its ISO 3166-1 alpha-2 code, one whose numbering plan is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Country(pub(crate) Region);

impl Country {
    /// The country of a region. None for calling codes of no country, such as +800.
    pub(crate) fn of(region: Region) -> Option<Self> {
        (region != Region::World).then_some(Self(region))
    }
}

impl FromStr for Country {
    type Err = String;

    fn from_str(code: &str) -> Result<Self, String> {
        Region::from_code(code)
            .ok()
            .filter(|region| {
                PHONE_NUMBER_UTIL
                    .get_supported_regions()
                    .any(|known| known == *region)
            })
            .map(Self)
            .ok_or_else(|| "allowed: a two-letter ISO 3166-1 country code, such as US".to_owned())
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Country {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_world_is_no_country() {
        assert_eq!(Country::of(Region::World), None);
        assert_eq!(Country::of(Region::US), "US".parse().ok());
    }

    #[test]
    fn only_a_country_with_a_plan_is_a_default() {
        for (code, known) in [
            ("US", true),
            ("gb", true),
            ("ZZ", false),
            ("001", false),
            ("USA", false),
            ("", false),
        ] {
            assert_eq!(code.parse::<Country>().is_ok(), known, "{code}");
        }
    }
}
