// SPDX-License-Identifier: GPL-2.0-or-later

//! Who a number belongs to, as the operator says.

use serde::Serialize;

use crate::start_error::StartError;
use crate::table::Row;

/// The columns of `identities.csv`.
pub(crate) const COLUMNS: [&str; 4] = ["number", "identity_type", "display_label", "profile_url"];

/// What a line of `identities.csv` says about its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// A business whose identity the operator has verified.
    Business {
        /// Its name, not empty.
        name: String,
        /// The address of a page about it.
        profile_url: Option<String>,
    },
    /// A person whose identity the operator has verified. The name of a person is not kept.
    Individual,
    /// Nobody has verified who has the number.
    Unverified {
        /// What to show, such as a category of calls; may be empty.
        label: String,
    },
}

impl Identity {
    /// What kind of identity it is.
    #[must_use]
    pub fn kind(&self) -> IdentityType {
        match self {
            Self::Business { .. } => IdentityType::VerifiedBusiness,
            Self::Individual => IdentityType::VerifiedIndividual,
            Self::Unverified { .. } => IdentityType::Unverified,
        }
    }

    /// What to show for the number. It is never the name of a person (API spec, `display_label`).
    #[must_use]
    pub fn label(&self) -> &str {
        match self {
            Self::Business { name, .. } => name,
            Self::Individual => INDIVIDUAL_LABEL,
            Self::Unverified { label } => label,
        }
    }

    /// The name of a verified business.
    #[must_use]
    pub fn business_name(&self) -> Option<&str> {
        match self {
            Self::Business { name, .. } => Some(name),
            Self::Individual | Self::Unverified { .. } => None,
        }
    }

    /// The page about a verified business.
    #[must_use]
    pub fn profile_url(&self) -> Option<&str> {
        match self {
            Self::Business { profile_url, .. } => profile_url.as_deref(),
            Self::Individual | Self::Unverified { .. } => None,
        }
    }

    /// Reads all columns of a line but the number.
    pub(crate) fn read(row: &Row<'_>) -> Result<Self, StartError> {
        let (kind, label, url) = (row.value(KIND), row.value(LABEL), row.value(URL));
        let identity = match kind {
            "verified_business" => Self::Business {
                name: label.to_owned(),
                profile_url: (!url.is_empty()).then(|| url.to_owned()),
            },
            "verified_individual" => Self::Individual,
            "unverified" => Self::Unverified {
                label: label.to_owned(),
            },
            _ => return Err(row.fault(KIND, KINDS)),
        };
        match &identity {
            // Someone may have written the name of a person here, so the value is not shown.
            Self::Individual if !label.is_empty() => Err(row.fault_without_value(
                LABEL,
                "a label (not shown) for an individual; allowed: no value",
            )),
            Self::Business { .. } if label.is_empty() => Err(row.fault(LABEL, LABEL_ALLOWED)),
            _ if !is_label(label) => Err(row.fault(LABEL, LABEL_ALLOWED)),
            Self::Business { .. } if !url.is_empty() && !is_url(url) => {
                Err(row.fault(URL, URL_ALLOWED))
            }
            Self::Individual | Self::Unverified { .. } if !url.is_empty() => {
                Err(row.fault(URL, "a value for verified_business only"))
            }
            _ => Ok(identity),
        }
    }
}

/// The kind of an identity (API spec, `identity_type`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentityType {
    /// A business, verified.
    VerifiedBusiness,
    /// A person, verified.
    VerifiedIndividual,
    /// The number is on a list, but nobody has verified who has it.
    Unverified,
    /// The number is on no list.
    Unknown,
}

impl IdentityType {
    /// Whether the operator has verified who has the number.
    #[must_use]
    pub fn is_verified(self) -> bool {
        matches!(self, Self::VerifiedBusiness | Self::VerifiedIndividual)
    }
}

fn is_label(text: &str) -> bool {
    text.chars().count() <= LONGEST_LABEL && !text.chars().any(char::is_control)
}

fn is_url(text: &str) -> bool {
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty())
        && text.len() <= LONGEST_URL
        && text.bytes().all(|byte| byte.is_ascii_graphic())
}

const KIND: usize = 1;
const LABEL: usize = 2;
const URL: usize = 3;
const KINDS: &str = "verified_business, verified_individual or unverified";
const LABEL_ALLOWED: &str =
    "text without control characters, at most 100 characters, for a business at least one";
const URL_ALLOWED: &str =
    "no value, or http:// or https:// and an address, at most 500 printable ASCII characters";
/// In characters: more than any telephone shows.
const LONGEST_LABEL: usize = 100;
const LONGEST_URL: usize = 500;
/// Exactly so in the interface (API spec, `display_label`).
const INDIVIDUAL_LABEL: &str = "Verified & online";

#[cfg(test)]
mod tests {
    use std::fs::{self, File};

    use tempfile::TempDir;

    use super::*;
    use crate::table;

    /// Reads what follows the number in a line.
    fn read(columns: &str) -> Result<Identity, String> {
        let directory = TempDir::new().expect("a directory");
        let path = directory.path().join("t.csv");
        let header = COLUMNS.join(",");
        fs::write(&path, format!("{header}\n+14155550101,{columns}\n")).expect("a file");
        let file = File::open(&path).expect("a file");
        let mut identity = None;
        let outcome = table::read(&path, file, &COLUMNS, |row| {
            identity = Some(Identity::read(row)?);
            Ok(())
        });
        let shown = format!("{}/t.csv: line 2, ", directory.path().display());
        outcome.map_err(|error| error.to_string().replace(&shown, ""))?;
        Ok(identity.expect("a line"))
    }

    #[test]
    fn each_kind_is_read() {
        let business = |name: &str, url: Option<&str>| Identity::Business {
            name: name.to_owned(),
            profile_url: url.map(str::to_owned),
        };
        let unverified = |label: &str| Identity::Unverified {
            label: label.to_owned(),
        };
        for (columns, identity) in [
            ("verified_business,Acme,", business("Acme", None)),
            (
                "verified_business,\"Caf\u{e9}, \"\"Inc\"\"\",https://example.com/acme",
                business("Caf\u{e9}, \"Inc\"", Some("https://example.com/acme")),
            ),
            ("verified_individual,,", Identity::Individual),
            ("unverified,Parcel calls,", unverified("Parcel calls")),
            ("unverified,,", unverified("")),
        ] {
            assert_eq!(read(columns), Ok(identity), "{columns}");
        }
    }

    #[test]
    fn a_bad_value_is_named_and_the_name_of_a_person_is_not_shown() {
        let long = format!("unverified,{},", "x".repeat(LONGEST_LABEL + 1));
        for (columns, error) in [
            (
                "business,Acme,",
                "column 2 (identity_type): \"business\"; allowed: verified_business, verified_individual or ",
            ),
            (
                "verified_business,,",
                "column 3 (display_label): no value; allowed: text ",
            ),
            (
                "unverified,a\tb,",
                "column 3 (display_label): \"a\\tb\"; allowed: text ",
            ),
            (&long, "column 3 (display_label): \"xxxxx"),
            (
                "verified_individual,Jane Doe,",
                "column 3 (display_label): a label (not shown) for an individual; allowed: no value",
            ),
            (
                "verified_business,Acme,example.com",
                "column 4 (profile_url): \"example.com\"; allowed: no value, or http:// ",
            ),
            (
                "verified_business,Acme,https://",
                "column 4 (profile_url): \"https://\"; allowed: no value, or http:// ",
            ),
            (
                "unverified,,https://example.com/",
                "column 4 (profile_url): \"https://example.com/\"; allowed: a value for verified_business only",
            ),
        ] {
            let found = read(columns).expect_err(columns);
            assert!(found.starts_with(error), "{found}");
            assert!(!found.contains("Jane"), "{found}");
        }
    }
}
