// SPDX-License-Identifier: GPL-2.0-or-later

//! API keys. Only their SHA-256 hashes are kept.

use std::fs::File;
use std::path::Path;

use crate::key_digest::{KeyDigest, NotADigest};
use crate::start_error::StartError;
use crate::table::{self, Row};
use crate::use_case::UseCase;

/// The keys that the service accepts.
#[derive(Debug, Default)]
pub struct KeyRing(Vec<Holder>);

/// The owner of a key and its use cases.
#[derive(Debug)]
pub struct Holder {
    digest: KeyDigest,
    name: String,
    use_cases: Vec<UseCase>,
}

impl KeyRing {
    /// An error if there is no key at all.
    pub fn check_not_empty(&self) -> Result<(), StartError> {
        if self.0.is_empty() {
            return Err(StartError::new(
                "no API key: give --keys FILE or --key-env NAME",
            ));
        }
        Ok(())
    }

    /// Adds a key by its own text. An error never shows the key.
    pub fn add(&mut self, name: &str, key: &str, use_cases: &[UseCase]) -> Result<(), StartError> {
        let well_formed = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_graphic());
        if !well_formed {
            let allowed = "allowed: printable ASCII without spaces, at least one character";
            return Err(StartError::new(format!(
                "{name}: the key (not shown) is not usable; {allowed}"
            )));
        }
        self.insert(Holder {
            digest: KeyDigest::of(key),
            name: name.to_owned(),
            use_cases: use_cases.to_vec(),
        })
        .map_err(|taken| StartError::new(format!("{name}: the key is already that of {taken}")))
    }

    /// Adds the keys of a CSV file: `sha256,name,use_cases`, the use cases separated by spaces.
    pub fn load(&mut self, path: &Path) -> Result<(), StartError> {
        let file = File::open(path)
            .map_err(|error| StartError::new(format!("{}: {error}", path.display())))?;
        table::read(path, file, &["sha256", "name", "use_cases"], |row| {
            self.insert(Holder::read(row)?).map_err(|taken| {
                row.fault_without_value(
                    0,
                    &format!("the key is already that of {taken}; allowed: one line a key"),
                )
            })
        })
    }

    /// The holder of a key.
    ///
    /// It compares with every hash in constant time, so its duration reveals nothing about the keys.
    #[must_use]
    pub fn holder(&self, key: &str) -> Option<&Holder> {
        let digest = KeyDigest::of(key);
        self.0.iter().fold(None, |found, holder| {
            if holder.digest.matches(&digest) {
                Some(holder)
            } else {
                found
            }
        })
    }

    fn insert(&mut self, holder: Holder) -> Result<(), String> {
        if let Some(other) = self
            .0
            .iter()
            .find(|other| other.digest.matches(&holder.digest))
        {
            return Err(other.name.clone());
        }
        self.0.push(holder);
        Ok(())
    }
}

impl Holder {
    /// The name for log lines.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether the key is entitled to a use case; `lookup` includes `sbc_redirect` (SBC guide 3).
    #[must_use]
    pub fn may(&self, use_case: UseCase) -> bool {
        self.use_cases.contains(&use_case)
            || (use_case == UseCase::SbcRedirect && self.use_cases.contains(&UseCase::Lookup))
    }

    fn read(row: &Row<'_>) -> Result<Self, StartError> {
        // Someone may have pasted the key itself here, so the value is not shown.
        let hidden = "the value (not shown) is not a hash; allowed: 64 hexadecimal digits, the SHA-256 of the key";
        let digest = row
            .value(0)
            .parse()
            .map_err(|NotADigest| row.fault_without_value(0, hidden))?;
        let name = row.value(1);
        if name.is_empty() || name.chars().any(char::is_control) {
            return Err(row.fault(1, "a name without control characters"));
        }
        let use_cases: Option<Vec<UseCase>> = row
            .value(2)
            .split_ascii_whitespace()
            .map(UseCase::named)
            .collect();
        let use_cases = use_cases.filter(|list| !list.is_empty()).ok_or_else(|| {
            let names: Vec<&str> = UseCase::ALL
                .iter()
                .map(|use_case| use_case.name())
                .collect();
            row.fault(
                2,
                &format!("one or more of {}, separated by spaces", names.join(" ")),
            )
        })?;
        Ok(Self {
            digest,
            name: name.to_owned(),
            use_cases,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    // printf %s nol_0123 | sha256sum
    const DIGEST: &str = "b97af316f6d88423ec87f96a473af703eb90d83432867336b2d3e6281dc6057b";

    fn load(text: &str) -> Result<KeyRing, String> {
        let directory = TempDir::new().expect("a directory");
        let path = directory.path().join("keys.csv");
        fs::write(&path, text).expect("a file");
        let mut keys = KeyRing::default();
        let shown = format!("{}/", directory.path().display());
        keys.load(&path)
            .map_err(|error| error.to_string().replace(&shown, ""))?;
        Ok(keys)
    }

    #[test]
    fn a_key_is_found_by_its_hash_and_may_what_its_line_says() {
        let upper = DIGEST.to_uppercase();
        let keys = load(&format!(
            "sha256,name,use_cases\n{upper},edge proxy,scrub  lookup\n"
        ))
        .expect("well formed");
        let holder = keys.holder("nol_0123").expect("the key");
        assert_eq!(holder.name(), "edge proxy");
        for (use_case, may) in [
            (UseCase::Scrub, true),
            (UseCase::Lookup, true),
            (UseCase::SbcRedirect, true),
            (UseCase::Precall, false),
        ] {
            assert_eq!(holder.may(use_case), may, "{}", use_case.name());
        }
        for wrong in ["nol_0124", "nol_012", "nol_01234", "", DIGEST] {
            assert!(keys.holder(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_key_of_its_own_text_is_kept_as_a_hash() {
        let mut keys = KeyRing::default();
        assert!(keys.check_not_empty().is_err());
        keys.add("env:KEY", "nol_secret", &[UseCase::Scrub])
            .expect("usable");
        assert!(
            !keys
                .holder("nol_secret")
                .expect("the key")
                .may(UseCase::SbcRedirect)
        );
        assert!(!format!("{keys:?}").contains("secret"));
    }

    #[test]
    fn an_unusable_or_repeated_key_is_refused_without_showing_it() {
        let mut keys = KeyRing::default();
        for key in ["", "two words", "line\n", "\u{e9}"] {
            let error = keys
                .add("env:KEY", key, &UseCase::ALL)
                .expect_err(key)
                .to_string();
            assert!(
                error.starts_with("env:KEY: the key (not shown) is not usable; allowed: "),
                "{error}"
            );
        }
        keys.add("env:ONE", "nol_0123", &UseCase::ALL)
            .expect("usable");
        let error = keys
            .add("env:TWO", "nol_0123", &UseCase::ALL)
            .expect_err("the same key")
            .to_string();
        assert_eq!(error, "env:TWO: the key is already that of env:ONE");
    }

    #[test]
    fn a_bad_line_is_named_and_a_pasted_key_is_not_shown() {
        for (line, error) in [
            (
                "nol_secret,edge,lookup".to_owned(),
                "line 2, column 1 (sha256): the value (not shown) is not a hash",
            ),
            (
                format!("{DIGEST}0,edge,lookup"),
                "line 2, column 1 (sha256): the value (not shown) is not a hash",
            ),
            (
                format!("{DIGEST},,lookup"),
                "line 2, column 2 (name): no value; allowed: a name",
            ),
            (
                format!("{DIGEST},edge,"),
                "line 2, column 3 (use_cases): no value; allowed: one or more of parse lookup ",
            ),
            (
                format!("{DIGEST},edge,dial"),
                "line 2, column 3 (use_cases): \"dial\"; allowed: one or more of parse ",
            ),
            (
                format!("{DIGEST},a,mcp\n{DIGEST},b,mcp"),
                "line 3, column 1 (sha256): the key is already that of a",
            ),
        ] {
            let message = load(&format!("sha256,name,use_cases\n{line}\n")).expect_err(&line);
            assert!(
                message.starts_with(&format!("keys.csv: {error}")),
                "{message}"
            );
            assert!(!message.contains("secret"), "{message}");
        }
    }
}
