// SPDX-License-Identifier: GPL-2.0-or-later
//! `default_country`.

use numbers_online_number::Country;

use super::BadParameter;

/// Parses `default_country`; none if it is empty.
pub(super) fn read(value: &str) -> Result<Option<Country>, BadParameter> {
    if value.is_empty() {
        return Ok(None);
    }
    match Country::new(value) {
        Some(country) => Ok(Some(country)),
        None => Err(BadParameter::new(
            "default_country",
            value,
            "an ISO 3166-1 country code of two letters, such as US or GB (the United Kingdom)",
        )),
    }
}
