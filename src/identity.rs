// SPDX-License-Identifier: GPL-2.0-or-later
//! Who calls: the calling number of a request, and whether it is withheld.

mod caller;
mod uri;

use numbers_online_number::Country;

pub use caller::{Caller, NumberFrom};

use self::uri::Uri;
use crate::feature_caps::understands_608;
use crate::name_addr::Value;
use crate::privacy;
use crate::sip_header::{HeaderName, Headers};

/// What a request says about its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The calling number, withheld or not, and where it was found.
    pub caller: Option<Caller>,
    /// The caller does not want to be known.
    pub is_withheld: bool,
}

impl Identity {
    /// Reads the identity of a request, with numbers in the forms of the country `home` too.
    #[must_use]
    pub fn read(headers: &Headers<'_>, home: Option<Country>) -> Self {
        let from = headers.bodies(HeaderName::From).next();
        let from = from.and_then(|body| Uri::read(Value::only(body).uri()));
        let number = from.and_then(|uri| uri.number(home));
        Self {
            caller: number.map(|number| Caller {
                number,
                from: NumberFrom::From,
                understands_608: understands_608(headers),
            }),
            is_withheld: privacy::is_withheld(headers)
                || from.is_some_and(|uri| uri.is_anonymous()),
        }
    }
}

#[cfg(test)]
mod tests;
