// SPDX-License-Identifier: GPL-2.0-or-later
//! Lists: their memory, and processes that die while they replace them.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use numbers_online::config::{ListConfig, ListFile};
use numbers_online::lists::{Fresh, Listed, Lists, Selection};
use numbers_online::number::Number;

use crate::cache::shared_kib;
use crate::child::{Child, report};

/// A deny list in a directory of its own.
struct Files {
    _home: tempfile::TempDir,
    path: PathBuf,
    config: ListConfig,
}

impl Files {
    fn new(text: &str) -> Self {
        let home = tempfile::TempDir::new().expect("a directory");
        let path = home.path().join("deny");
        fs::write(&path, text).expect("written");
        let config = ListConfig {
            deny: Some(ListFile {
                profile: None,
                parameter: "deny_list",
                path: path.clone(),
            }),
            ..ListConfig::default()
        };
        Self {
            _home: home,
            path,
            config,
        }
    }
}

fn number(text: &str) -> Number {
    Number::new(text.as_bytes(), None).expect("a global number")
}

/// A list of two lines that every list here has, and of 2000 numbers that begin with `of`.
fn list(of: &str) -> String {
    let mut text = String::from("+12025550100\n+44*\n");
    for n in 0..2000 {
        let _ = writeln!(text, "+{of}{n:06}");
    }
    text
}

fn read(lists: &Lists, path: &Path, text: &str) -> Fresh {
    fs::write(path, text).expect("written");
    lists.read_again().expect("usable")
}

/// What is in every list is always found, and what is in none never.
fn look(lists: &Lists, selection: Selection) {
    let is_found = |text| lists.find(&number(text), selection) == Some(Listed::Deny);
    assert!(is_found("+12025550100") && is_found("+442079460123"));
    assert!(!is_found("+12025550101") && !is_found("+49") && !is_found("+1"));
}

#[test]
fn killed_writers_block_no_process_and_corrupt_no_list() {
    let files = Files::new(&list("1310"));
    let lists = Lists::new([&files.config]).expect("usable");
    let selection = lists.selection(&files.config);
    let one = read(&lists, &files.path, &list("1415"));
    let other = read(&lists, &files.path, &list("33"));
    for kill in 0..300 {
        let writer = Child::new(|pipe| {
            report(pipe, 1);
            loop {
                // The claim of a process that died is taken over.
                lists.replace(&one).expect("nobody else writes");
                lists.replace(&other).expect("nobody else writes");
            }
        });
        writer.expect(1);
        let until = Instant::now() + Duration::from_micros(kill % 10 * 300);
        while Instant::now() < until {
            look(&lists, selection);
        }
        writer.kill();
        look(&lists, selection);
    }
    lists.replace(&one).expect("its claim is taken over");
    look(&lists, selection);
    assert!(lists.find(&number("+1415000000"), selection).is_some());
    assert!(lists.find(&number("+33000000"), selection).is_none());
}

#[test]
fn a_writer_that_is_stopped_keeps_its_claim_and_no_reader_waits() {
    let files = Files::new(&list("1310"));
    let lists = Lists::new([&files.config]).expect("usable");
    let selection = lists.selection(&files.config);
    let one = read(&lists, &files.path, &list("1415"));
    let mut refused = 0;
    for _ in 0..200 {
        let writer = Child::new(|pipe| {
            report(pipe, 1);
            loop {
                lists.replace(&one).expect("nobody else writes");
            }
        });
        writer.expect(1);
        thread::sleep(Duration::from_micros(200));
        writer.stop();
        look(&lists, selection);
        if let Err(why) = lists.replace(&one) {
            assert!(why.contains(&format!("process {}", writer.pid)), "{why}");
            refused += 1;
        }
        look(&lists, selection);
        writer.kill();
        if refused > 0 {
            break;
        }
    }
    assert!(refused > 0, "no writer was stopped while it wrote");
    lists.replace(&one).expect("its claim is taken over");
}

#[test]
fn a_reader_never_sees_two_lists_at_once() {
    let files = Files::new(&list("1310"));
    let lists = Lists::new([&files.config]).expect("usable");
    let selection = lists.selection(&files.config);
    let one = read(&lists, &files.path, &list("1415"));
    let other = read(&lists, &files.path, &list("33"));
    let readers: Vec<_> = (0..3)
        .map(|_| {
            Child::new(|_| {
                loop {
                    look(&lists, selection);
                }
            })
        })
        .collect();
    for _ in 0..1000 {
        lists.replace(&one).expect("nobody else writes");
        lists.replace(&other).expect("nobody else writes");
    }
    // They would have ended at the first wrong answer.
    readers.into_iter().for_each(Child::kill);
}

#[test]
fn a_million_entries_take_less_than_64_mib_for_all_processes() {
    let mut text = String::new();
    for n in 0..600_000_u64 {
        let _ = writeln!(text, "+1{:010}", 2_000_000_000 + 7919 * n);
    }
    for n in 0..300_000 {
        let _ = writeln!(text, "+44{:07}*", 1_000_000 + 17 * n);
    }
    for n in 0..100_000 {
        let _ = writeln!(text, "+49{0:06}00..+49{0:06}59", 100_000 + 7 * n);
    }
    let files = Files::new(&text);
    let child = Child::new(|_| {
        let before = shared_kib();
        let lists = Lists::new([&files.config]).expect("usable");
        let selection = lists.selection(&files.config);
        assert_eq!(
            lists.find(&number("+12000000000"), selection),
            Some(Listed::Deny)
        );
        let used = shared_kib() - before;
        assert!((16 * 1024..40 * 1024).contains(&used), "{used} KiB");
        // The memory of the lists that were replaced is given back.
        for _ in 0..3 {
            lists
                .replace(&lists.read_again().expect("usable"))
                .expect("published");
        }
        let used = shared_kib() - before;
        assert!((16 * 1024..40 * 1024).contains(&used), "{used} KiB");
        let reader = Child::new(|_| {
            let before = private_kib();
            for n in 0..600_000_u64 {
                let number = number(&format!("+1{:010}", 2_000_000_000 + 7919 * n));
                assert_eq!(lists.find(&number, selection), Some(Listed::Deny));
            }
            let used = private_kib().saturating_sub(before);
            assert!(used < 1024, "{used} KiB");
        });
        reader.end();
    });
    child.end();
}

/// Memory of this process alone.
fn private_kib() -> u64 {
    let smaps = fs::read_to_string("/proc/self/smaps_rollup").expect("procfs");
    let private = smaps.lines().filter(|line| line.starts_with("Private_"));
    private
        .filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok())
        .sum()
}
