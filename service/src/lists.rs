// SPDX-License-Identifier: GPL-2.0-or-later

//! The number lists that decisions use, read from CSV files.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io;
use std::path::Path;

use tracing::info;

use crate::identity::{self, Identity};
use crate::number::E164;
use crate::risk::Score;
use crate::signals::{Dnc, Reassigned, Signals};
use crate::start_error::StartError;
use crate::table::{self, Row};

/// The lists of one data directory. A list without a file is absent, which is not the same as empty.
#[derive(Debug, Default)]
pub struct Lists {
    dnc: Option<HashSet<E164>>,
    reassigned: Option<HashSet<E164>>,
    spam: Option<HashMap<E164, Score>>,
    identities: Option<HashMap<E164, Identity>>,
}

impl Lists {
    /// Reads the lists of a directory: `dnc.csv` and `reassigned.csv` (`number`), `spam.csv` (`number,score`) and
    /// `identities.csv` (`number,identity_type,display_label,profile_url`).
    pub fn load(directory: &Path) -> Result<Self, StartError> {
        if !fs::metadata(directory).is_ok_and(|metadata| metadata.is_dir()) {
            return Err(StartError::new(format!(
                "{}: not a directory",
                directory.display()
            )));
        }
        Ok(Self {
            dnc: load(&directory.join("dnc.csv"), &["number"], numbers)?,
            reassigned: load(&directory.join("reassigned.csv"), &["number"], numbers)?,
            spam: load(&directory.join("spam.csv"), &["number", "score"], scores)?,
            identities: load(
                &directory.join("identities.csv"),
                &identity::COLUMNS,
                identities,
            )?,
        })
    }

    /// An error if a list had a file before and has none now.
    ///
    /// The file may be in the middle of a replacement. Without the list, a listed number would be allowed.
    pub(crate) fn check_nothing_vanished(&self, before: &Self) -> Result<(), StartError> {
        for (name, was, is) in [
            ("dnc.csv", before.dnc.is_some(), self.dnc.is_some()),
            (
                "reassigned.csv",
                before.reassigned.is_some(),
                self.reassigned.is_some(),
            ),
            ("spam.csv", before.spam.is_some(), self.spam.is_some()),
            (
                "identities.csv",
                before.identities.is_some(),
                self.identities.is_some(),
            ),
        ] {
            if was && !is {
                return Err(StartError::new(format!(
                    "{name}: the file is gone; allowed: a file with its header alone, or a restart"
                )));
            }
        }
        Ok(())
    }

    /// Who a number belongs to, if the lists say so.
    #[must_use]
    pub fn identity(&self, number: E164) -> Option<&Identity> {
        self.identities.as_ref()?.get(&number)
    }

    /// What the lists say about the conduct of a number.
    #[must_use]
    pub fn signals(&self, number: E164) -> Signals {
        Signals {
            dnc: match &self.dnc {
                None => Dnc::Unknown,
                Some(list) if list.contains(&number) => Dnc::Listed,
                Some(_) => Dnc::NotListed,
            },
            reassigned: match &self.reassigned {
                None => Reassigned::Unknown,
                Some(list) if list.contains(&number) => Reassigned::Yes,
                Some(_) => Reassigned::No,
            },
            spam_score: self
                .spam
                .as_ref()
                .and_then(|list| list.get(&number).copied()),
        }
    }
}

fn load<L: Default>(
    path: &Path,
    columns: &[&str],
    add: fn(&mut L, &Row<'_>) -> Result<(), StartError>,
) -> Result<Option<L>, StartError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            info!(file = %path.display(), "no such list: its status is unknown for every number");
            return Ok(None);
        }
        Err(error) => return Err(StartError::new(format!("{}: {error}", path.display()))),
    };
    let (mut list, mut lines) = (L::default(), 0_u64);
    table::read(path, file, columns, |row| {
        lines += 1;
        add(&mut list, row)
    })?;
    info!(file = %path.display(), lines, "list read");
    Ok(Some(list))
}

fn numbers(list: &mut HashSet<E164>, row: &Row<'_>) -> Result<(), StartError> {
    list.insert(number(row)?);
    Ok(())
}

fn scores(list: &mut HashMap<E164, Score>, row: &Row<'_>) -> Result<(), StartError> {
    let score = row
        .value(1)
        .parse()
        .ok()
        .and_then(Score::new)
        .ok_or_else(|| row.fault(1, Score::ALLOWED))?;
    // Nobody can know which of two scores is right.
    match list.insert(number(row)?, score) {
        Some(earlier) if earlier != score => {
            let allowed = format!(
                "one score a number, and an earlier line says {}",
                earlier.value()
            );
            Err(row.fault(1, &allowed))
        }
        _ => Ok(()),
    }
}

fn identities(list: &mut HashMap<E164, Identity>, row: &Row<'_>) -> Result<(), StartError> {
    let identity = Identity::read(row)?;
    match list.insert(number(row)?, identity.clone()) {
        Some(earlier) if earlier != identity => Err(row.fault(
            0,
            "one line a number, and an earlier line says something else",
        )),
        _ => Ok(()),
    }
}

fn number(row: &Row<'_>) -> Result<E164, StartError> {
    row.value(0)
        .parse()
        .map_err(|_| row.fault(0, E164::ALLOWED))
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn load(files: &[(&str, &str)]) -> Result<Lists, String> {
        let directory = TempDir::new().expect("a directory");
        for (name, text) in files {
            fs::write(directory.path().join(name), text).expect("a file");
        }
        let shown = format!("{}/", directory.path().display());
        Lists::load(directory.path()).map_err(|error| error.to_string().replace(&shown, ""))
    }

    fn signals(lists: &Lists, number: &str) -> Signals {
        lists.signals(number.parse().expect("E.164"))
    }

    #[test]
    fn an_absent_list_says_nothing() {
        let lists = load(&[]).expect("an empty directory is fine");
        assert_eq!(signals(&lists, "+14155550123"), Signals::default());
    }

    #[test]
    fn a_list_says_who_is_on_it() {
        let lists = load(&[
            ("dnc.csv", "# why\r\nnumber\r\n\r\n +14155550101 \r\n"),
            ("reassigned.csv", "number\n"),
            (
                "spam.csv",
                "\u{feff}number,score\n+14155550101,99\n+14155550102 , 1\n+14155550102,1\n",
            ),
        ])
        .expect("well-formed lists");
        let on = Signals {
            dnc: Dnc::Listed,
            reassigned: Reassigned::No,
            spam_score: Score::new(99),
        };
        let off = Signals {
            dnc: Dnc::NotListed,
            reassigned: Reassigned::No,
            spam_score: None,
        };
        assert_eq!(signals(&lists, "+14155550101"), on);
        assert_eq!(
            signals(&lists, "+14155550102"),
            Signals {
                spam_score: Score::new(1),
                ..off
            }
        );
        assert_eq!(signals(&lists, "+14155550103"), off);
    }

    #[test]
    fn a_number_has_one_identity() {
        let header = "number,identity_type,display_label,profile_url\n";
        let line = "+14155550101,verified_individual,,\n";
        let lists = load(&[("identities.csv", &format!("{header}{line}{line}"))]);
        let lists = lists.expect("the same twice");
        let [listed, other] = ["+14155550101", "+14155550102"]
            .map(|number| lists.identity(number.parse().expect("E.164")));
        assert_eq!((listed, other), (Some(&Identity::Individual), None));
        let two = format!("{header}{line}+14155550101,unverified,,\n");
        let error = load(&[("identities.csv", &two)]).expect_err("two identities");
        assert_eq!(
            error,
            "identities.csv: line 3, column 1 (number): \"+14155550101\"; allowed: one line a number, \
             and an earlier line says something else"
        );
    }

    #[test]
    fn a_bad_line_is_named_with_its_place_value_and_what_is_allowed() {
        let score = "; allowed: a whole number from 1 to 99";
        let number = "; allowed: + and 7 to 15 digits";
        for (file, text, place, allowed) in [
            (
                "dnc.csv",
                "number\n+14155550101\n4155550102\n",
                "line 3, column 1 (number): \"4155550102\"",
                number,
            ),
            (
                "dnc.csv",
                "number\n\"\"\n",
                "line 2, column 1 (number): no value",
                number,
            ),
            (
                "dnc.csv",
                "number\n+1415555012\u{7}\n",
                "line 2, column 1 (number): \"+1415555012\\u{7}\"",
                number,
            ),
            (
                "reassigned.csv",
                "number\n\n+1 415\n",
                "line 3, column 1 (number): \"+1 415\"",
                number,
            ),
            (
                "spam.csv",
                "number,score\n+14155550101,0\n",
                "line 2, column 2 (score): \"0\"",
                score,
            ),
            (
                "spam.csv",
                "number,score\n+14155550101,100\n",
                "line 2, column 2 (score): \"100\"",
                score,
            ),
            (
                "spam.csv",
                "number,score\n+14155550101,high\n",
                "line 2, column 2 (score): \"high\"",
                score,
            ),
            (
                "spam.csv",
                "number,score\n+14155550101,\n",
                "line 2, column 2 (score): no value",
                score,
            ),
            (
                "spam.csv",
                "number,score\n+14155550101,5\n+14155550101,6\n",
                "line 3, column 2 (score): \"6\"",
                "; allowed: one score a number, and an earlier line says 5",
            ),
        ] {
            let error = load(&[(file, text)]).expect_err(text);
            assert!(
                error.starts_with(&format!("{file}: {place}{allowed}")),
                "{error}"
            );
            assert!(!error.contains('\n'), "{error}");
        }
    }

    #[test]
    fn a_directory_that_is_not_there_is_an_error() {
        let error = Lists::load(Path::new("/nonexistent/lists"))
            .expect_err("no directory")
            .to_string();
        assert_eq!(error, "/nonexistent/lists: not a directory");
    }
}
