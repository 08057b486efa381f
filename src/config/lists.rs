// SPDX-License-Identifier: GPL-2.0-or-later
//! `allow_list`, `deny_list`, `dno_list` and `dno_max_age`.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{BadParameter, Given, ProfileName};

/// The list files of one configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListConfig {
    /// Callers that are always allowed.
    pub allow: Option<ListFile>,
    /// Callers that are blocked.
    pub deny: Option<ListFile>,
    /// Numbers that never call (do not originate).
    pub dno: Option<ListFile>,
    /// How old the do-not-originate list may be before the log warns; `None` for any age.
    pub dno_max_age: Option<Duration>,
}

/// A list file: the parameter that names it, and its path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListFile {
    /// The parameter.
    pub parameter: &'static str,
    /// The profile that has it, if the module's parameters do not.
    pub profile: Option<ProfileName>,
    /// An absolute path: the process that reads it again may have another working directory.
    pub path: PathBuf,
}

impl ListConfig {
    pub(super) fn new(given: &Given) -> Result<Self, BadParameter> {
        let days = u32::try_from(given.dno_max_age)
            .ok()
            .filter(|days| *days <= MOST_DAYS)
            .ok_or_else(|| {
                BadParameter::new("dno_max_age", given.dno_max_age, "0 (off) or 1..3650 days")
            })?;
        Ok(Self {
            allow: ListFile::new("allow_list", &given.allow_list)?,
            deny: ListFile::new("deny_list", &given.deny_list)?,
            dno: ListFile::new("dno_list", &given.dno_list)?,
            dno_max_age: (days > 0).then(|| DAY * days),
        })
    }

    /// The same files. What is wrong with one that `base` does not name is said of a profile.
    #[must_use]
    pub fn of_profile(mut self, name: &ProfileName, base: &Self) -> Self {
        let is_known = |file: &ListFile| base.files().any(|known| known.path == file.path);
        let files = [&mut self.allow, &mut self.deny, &mut self.dno].into_iter();
        for file in files.flatten().filter(|file| !is_known(file)) {
            file.profile = Some(name.clone());
        }
        self
    }

    /// The files that are named.
    pub fn files(&self) -> impl Iterator<Item = &ListFile> {
        [&self.allow, &self.deny, &self.dno].into_iter().flatten()
    }
}

impl ListFile {
    fn new(parameter: &'static str, path: &str) -> Result<Option<Self>, BadParameter> {
        match path {
            "" => Ok(None),
            _ if Path::new(path).is_absolute() => Ok(Some(Self {
                parameter,
                profile: None,
                path: PathBuf::from(path),
            })),
            _ => Err(BadParameter::new(
                parameter,
                path,
                "an absolute path, or empty",
            )),
        }
    }
}

impl fmt::Display for ListFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(profile) = &self.profile {
            write!(f, "profile \"{}\": ", profile.as_str())?;
        }
        write!(f, "parameter {}: {}", self.parameter, self.path.display())
    }
}

const DAY: Duration = Duration::from_secs(24 * 3600);

const MOST_DAYS: u32 = 3650;

#[cfg(test)]
mod tests {
    use super::super::tests::given;
    use super::{DAY, ListConfig};
    use crate::config::Given;

    #[test]
    fn a_list_is_named_by_an_absolute_path() {
        let lists = ListConfig::new(&Given {
            deny_list: "/etc/kamailio/deny.txt".to_owned(),
            ..given()
        });
        let lists = lists.expect("usable");
        let [deny] = lists.files().collect::<Vec<_>>()[..] else {
            unreachable!("one file");
        };
        assert_eq!(
            (deny.parameter, deny.path.to_str()),
            ("deny_list", Some("/etc/kamailio/deny.txt"))
        );
        assert_eq!(lists.dno_max_age, Some(7 * DAY));
    }

    #[test]
    fn a_value_that_cannot_be_used_is_named() {
        for (given, line) in [
            (
                Given {
                    allow_list: "allow.txt".to_owned(),
                    ..given()
                },
                "parameter allow_list: \"allow.txt\" cannot be used; allowed: an absolute path, or empty",
            ),
            (
                Given {
                    deny_list: "file:/etc/deny.txt".to_owned(),
                    ..given()
                },
                "parameter deny_list: \"file:/etc/deny.txt\" cannot be used; allowed: an absolute path, or empty",
            ),
            (
                Given {
                    dno_list: "./dno".to_owned(),
                    ..given()
                },
                "parameter dno_list: \"./dno\" cannot be used; allowed: an absolute path, or empty",
            ),
            (
                Given {
                    dno_max_age: -1,
                    ..given()
                },
                "parameter dno_max_age: \"-1\" cannot be used; allowed: 0 (off) or 1..3650 days",
            ),
            (
                Given {
                    dno_max_age: 3651,
                    ..given()
                },
                "parameter dno_max_age: \"3651\" cannot be used; allowed: 0 (off) or 1..3650 days",
            ),
        ] {
            let refused = ListConfig::new(&given).map_err(|bad| bad.to_string());
            assert_eq!(refused, Err(line.to_owned()));
        }
        let off = Given {
            dno_max_age: 0,
            ..given()
        };
        assert_eq!(ListConfig::new(&off).expect("usable").dno_max_age, None);
    }
}
