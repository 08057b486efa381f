// SPDX-License-Identifier: GPL-2.0-or-later

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use tempfile::TempDir;

use super::{Listed, Lists, Selection};
use crate::config::{ListConfig, ListFile};
use crate::number::Number;
use crate::u64_pair;

/// Files of lists in a directory of their own.
struct Files {
    home: TempDir,
    config: ListConfig,
}

impl Files {
    fn new(allow: Option<&str>, deny: Option<&str>, dno: Option<&str>) -> Self {
        let home = TempDir::new().expect("a directory");
        let file = |parameter: &'static str, text: Option<&str>| {
            let path = home.path().join(parameter);
            text.map(|text| {
                fs::write(&path, text).expect("written");
                ListFile {
                    parameter,
                    profile: None,
                    path,
                }
            })
        };
        let config = ListConfig {
            allow: file("allow_list", allow),
            deny: file("deny_list", deny),
            dno: file("dno_list", dno),
            dno_max_age: Some(Duration::from_secs(24 * 3600)),
        };
        Self { home, config }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn lists(&self) -> (Lists, Selection) {
        let lists = Lists::new([&self.config]).expect("usable");
        let selection = lists.selection(&self.config);
        (lists, selection)
    }
}

/// The number of these digits, whether or not it can exist.
fn number(text: &str) -> Number {
    let mut bytes = [0; 16];
    bytes[..text.len()].copy_from_slice(text.as_bytes());
    Number::from_shared(u64_pair::of(bytes)).expect("a global number")
}

#[test]
fn an_allow_beats_all_and_a_deny_beats_a_do_not_originate() {
    let files = Files::new(
        Some("+12125550100\n+1213*\n"),
        Some("+1212*\n+1213555*\n+14155550123\n"),
        Some("+1415*\n+12125550100..+12125550199\n"),
    );
    let (lists, selection) = files.lists();
    for (text, listed, line) in [
        ("+12125550100", Some(Listed::Allow), 1),
        ("+12135550100", Some(Listed::Allow), 2),
        ("+12125550101", Some(Listed::Deny), 1),
        ("+14155550123", Some(Listed::Deny), 3),
        ("+14155550124", Some(Listed::Dno), 1),
        ("+442079460123", None, 0),
        ("+1", None, 0),
    ] {
        let number = number(text);
        assert_eq!(lists.find(&number, selection), listed, "{text}");
        if let Some(listed) = listed {
            let found = lists.line(&number, listed, selection).expect("found");
            assert_eq!(found.line, line, "{text}");
        }
    }
    let none = Selection::default();
    assert_eq!(lists.find(&number("+12125550100"), none), None);
}

#[test]
fn a_server_without_lists_has_no_memory_for_them() {
    let files = Files::new(None, None, None);
    let (lists, selection) = files.lists();
    assert_eq!(selection, Selection::default());
    assert_eq!(lists.find(&number("+12125550100"), selection), None);
    let fresh = lists.read_again().expect("nothing");
    assert_eq!(lists.replace(&fresh), Ok(()));
    assert_eq!(lists.dno_age(SystemTime::now()), None);
}

#[test]
fn a_file_that_several_configurations_name_is_read_once() {
    let one = Files::new(None, Some("+1900*\n"), None);
    let other = Files::new(Some("+19005550100\n"), None, None);
    let both = ListConfig {
        allow: other.config.allow.clone(),
        ..one.config.clone()
    };
    let lists = Lists::new([&one.config, &both]).expect("usable");
    assert_eq!(lists.files.len(), 2);
    let number = number("+19005550100");
    for (config, listed) in [(&one.config, Listed::Deny), (&both, Listed::Allow)] {
        let selection = lists.selection(config);
        assert_eq!(lists.find(&number, selection), Some(listed));
    }
}

#[test]
fn a_bad_line_leaves_the_lists_in_use() {
    let files = Files::new(None, Some("+1900*\n"), Some("+1901*\n"));
    let (lists, selection) = files.lists();
    fs::write(files.path("deny_list"), "+1902*\n").expect("written");
    fs::write(files.path("dno_list"), "+1903*\n1904*\n").expect("written");
    let refused = lists.read_again().map(|_| ()).expect_err("refused");
    let line = format!(
        "parameter dno_list: {} line 2: a number begins with + and its country code",
        files.path("dno_list").display()
    );
    assert_eq!(refused.to_string(), line);
    assert_eq!(
        lists.find(&number("+19005550100"), selection),
        Some(Listed::Deny)
    );
    assert_eq!(lists.find(&number("+19025550100"), selection), None);
    fs::write(files.path("dno_list"), "+1903*\n").expect("written");
    let fresh = lists.read_again().expect("usable");
    lists.replace(&fresh).expect("published");
    assert_eq!(lists.find(&number("+19005550100"), selection), None);
    assert_eq!(
        lists.find(&number("+19025550100"), selection),
        Some(Listed::Deny)
    );
    assert_eq!(
        lists.find(&number("+19035550100"), selection),
        Some(Listed::Dno)
    );
}

#[test]
fn the_sizes_of_the_lists_are_reported() {
    let files = Files::new(Some(""), None, Some("+1900*\n# no entry\n+1900*\n+1901*\n"));
    let (lists, selection) = files.lists();
    let summary = lists.summary(selection, SystemTime::now());
    assert_eq!(
        (summary.allow, summary.deny, summary.dno),
        (Some(0), None, Some(3))
    );
    assert!(summary.dno_age < Some(Duration::from_secs(3600)));
    let warnings = lists.warnings(SystemTime::now());
    let empty = format!(
        "parameter allow_list: {} is empty",
        files.path("allow_list").display()
    );
    assert_eq!(warnings, [empty]);
}

#[test]
fn an_old_list_of_numbers_that_never_call_is_warned_of() {
    let files = Files::new(None, None, Some("+1900*\n"));
    let days = |days: u64| Duration::from_secs(24 * 3600 * days);
    let now = SystemTime::now();
    let (lists, _) = files.lists();
    assert_eq!(lists.warnings(now), [""; 0]);
    let file = fs::File::options()
        .append(true)
        .open(files.path("dno_list"));
    file.expect("a file")
        .set_modified(now - days(9))
        .expect("changed");
    lists
        .replace(&lists.read_again().expect("usable"))
        .expect("published");
    let warnings = lists.warnings(now);
    assert_eq!(warnings.len(), 1);
    assert!(
        warnings[0].ends_with(
            "is 9 days old, more than dno_max_age (1 days): numbers on it may be in use again"
        ),
        "{warnings:?}"
    );
    // Another configuration has the same list.
    let both = Lists::new([&files.config, &files.config]).expect("usable");
    assert_eq!(both.warnings(now), warnings);
    let age = lists.dno_age(now).expect("a list");
    assert!(age >= days(9) && age < days(10));
    // The clock was set back since.
    assert_eq!(lists.dno_age(now - days(30)), Some(Duration::ZERO));
}

/// A sequence of numbers without a pattern (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    /// Digits of a number. Few different ones, so that lines overlap.
    fn digits(&mut self, most: u64) -> String {
        let count = 1 + self.below(most);
        let digits = (1..count).map(|_| [b'0', b'1', b'5', b'9'][self.index(4)] as char);
        let first = ['1', '4', '9'];
        let digits: String = digits.collect();
        format!("{}{digits}", first[self.index(3)])
    }

    fn index(&mut self, limit: u64) -> usize {
        usize::try_from(self.below(limit)).expect("small")
    }
}

/// Whether a line covers a number, by its text alone.
fn covers(line: &str, number: &str) -> bool {
    if let Some(prefix) = line.strip_suffix('*') {
        return number.starts_with(prefix);
    }
    if let Some((low, high)) = line.split_once("..") {
        return low <= number && (number <= high || number.starts_with(high));
    }
    line == number
}

/// The digits that a line looks at, and whether it is a complete number.
fn length(line: &str) -> (usize, bool) {
    let end = line.trim_end_matches('*').split("..").next().unwrap_or("");
    (end.len(), !line.contains(['*', '.']))
}

#[test]
fn a_search_finds_what_a_look_at_every_line_finds() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for round in 0..90 {
        let size = [3, 20, 200][round % 3];
        let most = [4, 7, 15][round / 3 % 3];
        let mut lines = Vec::new();
        while lines.len() < size {
            let digits = random.digits(most);
            lines.push(match random.below(4) {
                0 => format!("+{digits}*"),
                1 => {
                    let mut other: Vec<u8> = random.digits(15).into_bytes();
                    other.resize(digits.len(), b'5');
                    let other = String::from_utf8(other).expect("digits");
                    let (low, high) = (digits.clone().min(other.clone()), digits.max(other));
                    format!("+{low}..+{high}")
                }
                _ => format!("+{digits}"),
            });
        }
        let files = Files::new(None, Some(&lines.join("\n")), None);
        let (lists, selection) = files.lists();
        for _ in 0..200 {
            let text = format!("+{}", random.digits(15));
            let number = number(&text);
            let best = lines
                .iter()
                .enumerate()
                .filter(|(_, line)| covers(line, &text))
                .max_by_key(|(at, line)| (length(line), usize::MAX - at));
            let found = lists.find(&number, selection);
            assert_eq!(found.is_some(), best.is_some(), "{text} in {lines:?}");
            let line = lists.line(&number, Listed::Deny, selection);
            let line = line.and_then(|found| usize::try_from(found.line).ok());
            assert_eq!(line, best.map(|(at, _)| at + 1), "{text} in {lines:?}");
        }
    }
}

#[test]
fn a_list_that_outgrows_its_memory_is_refused() {
    let files = Files::new(None, Some("+1900*\n"), None);
    let lists = Lists::with_room([&files.config], 0).expect("usable");
    let selection = lists.selection(&files.config);
    let many: Vec<_> = (0..1000).map(|n| format!("+12025550{n:03}")).collect();
    let many = many.join("\n");
    fs::write(files.path("deny_list"), many).expect("written");
    let fresh = lists.read_again().expect("usable");
    let refused = lists.replace(&fresh).expect_err("too many");
    assert!(refused.ends_with("restart the server"), "{refused}");
    assert_eq!(
        lists.find(&number("+19005550100"), selection),
        Some(Listed::Deny)
    );
    assert_eq!(lists.find(&number("+12025550100"), selection), None);
    // As many as there is room for.
    fs::write(files.path("deny_list"), "+1901*\n+1902*\n+1903*\n+1904*\n").expect("written");
    lists
        .replace(&lists.read_again().expect("usable"))
        .expect("published");
    assert_eq!(
        lists.find(&number("+19045550100"), selection),
        Some(Listed::Deny)
    );
}
