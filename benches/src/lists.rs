// SPDX-License-Identifier: GPL-2.0-or-later
//! Lists of numbers: what a search costs, how long a reload takes, and the memory.

use std::fmt::Write as _;
use std::fs;
use std::time::Instant;

use numbers_online::config::{ListConfig, ListFile};
use numbers_online::lists::{Listed, Lists};
use numbers_online::number::Number;
use testbed::Result;

use crate::installation::say;
use crate::table::Table;

/// Lines of all lists of a row together.
const ENTRIES: u64 = 1_000_000;

/// Searches of a measurement.
const SEARCHES: usize = 1_000_000;

/// Numbers that are searched for again and again in the last column.
const HOT: usize = 1000;

/// One row of the table.
struct Case {
    name: &'static str,
    /// The texts of allow, deny and do-not-originate list.
    lists: [Option<String>; 3],
}

/// Measures and prints.
pub(crate) fn run() -> Result<()> {
    say(
        "a million entries: 60 % numbers, 30 % prefixes, 10 % ranges; ns for one decision of all lists of the row\n",
    );
    let mut table = Table::new(&[
        "lists",
        "read ms",
        "publish ms",
        "MiB",
        "hit",
        "hit p99",
        "miss",
        "miss p99",
        "hot",
    ]);
    for case in cases() {
        table.row(measure(&case)?);
    }
    table.print();
    say(
        "\nread: parse and sort the files; publish: write the tables into shared memory. p99 includes the time of reading the clock.",
    );
    Ok(())
}

fn cases() -> Vec<Case> {
    // A 0 or 1 behind the country code would be a trunk prefix, which no number has there.
    let world = |share: u64, seed| {
        Some(mixed(
            ENTRIES / share,
            seed,
            &["12", "18", "442", "447", "493", "335", "816", "614"],
        ))
    };
    vec![
        Case {
            name: "deny",
            lists: [None, world(1, 1), None],
        },
        Case {
            name: "allow, deny, dno, a third each",
            lists: [world(3, 1), world(3, 2), world(3, 3)],
        },
        Case {
            name: "allow, deny, dno, a million each",
            lists: [world(1, 1), world(1, 2), world(1, 3)],
        },
        Case {
            name: "deny, all of one network's numbers (+49151)",
            lists: [None, Some(mixed(ENTRIES, 1, &["49151"])), None],
        },
        Case {
            name: "deny, ten entries",
            lists: [None, Some(mixed(10, 1, &["12"])), None],
        },
    ]
}

/// A list with numbers of twelve digits that begin with one of these.
fn mixed(count: u64, seed: u64, beginnings: &[&str]) -> String {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let mut text = String::new();
    for _ in 0..count {
        let number = random.number(beginnings);
        let _ = match random.below(10) {
            0..6 => writeln!(text, "+{number}"),
            6..9 => writeln!(text, "+{}*", &number[..9]),
            _ => writeln!(text, "+{}00..+{}49", &number[..8], &number[..8]),
        };
    }
    text
}

fn measure(case: &Case) -> Result<Vec<String>> {
    let home = tempfile::tempdir()?;
    let mut config = ListConfig::default();
    let places = [&mut config.allow, &mut config.deny, &mut config.dno];
    let mut lines: Vec<&str> = Vec::new();
    for ((place, parameter), text) in places
        .into_iter()
        .zip(["allow_list", "deny_list", "dno_list"])
        .zip(&case.lists)
    {
        let Some(text) = text else { continue };
        let path = home.path().join(parameter);
        fs::write(&path, text)?;
        *place = Some(ListFile {
            parameter,
            profile: None,
            path,
        });
        lines.extend(text.lines());
    }
    let before = shared_kib()?;
    let lists = Lists::new([&config]).map_err(|none| none.to_string())?;
    let used = shared_kib()? - before;
    let selection = lists.selection(&config);
    let start = Instant::now();
    let fresh = lists.read_again().map_err(|bad| bad.to_string())?;
    let read = start.elapsed();
    let start = Instant::now();
    lists.replace(&fresh)?;
    let published = start.elapsed();
    drop(fresh);

    let mut random = Random(7);
    let hits = (0..SEARCHES)
        .map(|_| inside(lines[random.index(lines.len())]))
        .collect::<Result<Vec<_>>>()?;
    let misses = (0..SEARCHES)
        .map(|_| number(&format!("+7{}", random.number(&[""]))))
        .collect::<Result<Vec<_>>>()?;
    let find = |number: &Number| lists.find(number, selection);
    let tried = hits.len();
    let hits: Vec<_> = hits
        .into_iter()
        .filter(|number| find(number).is_some())
        .collect();
    if hits.len() < tried / 100 * 99 {
        return Err(format!("{} of {tried} numbers were found", hits.len()).into());
    }
    let near: Vec<_> = hits
        .iter()
        .filter_map(|number| neighbour(number, find))
        .collect();
    let misses = if near.len() > SEARCHES / 4 {
        near
    } else {
        misses
    };
    let hot: Vec<_> = hits
        .iter()
        .take(HOT)
        .cycle()
        .take(SEARCHES)
        .copied()
        .collect();
    let (hit, hit_p99) = search(&hits, find);
    let (miss, miss_p99) = search(&misses, find);
    let (hot, _) = search(&hot, find);
    let ms = |span: std::time::Duration| format!("{:.0}", span.as_secs_f64() * 1e3);
    Ok(vec![
        case.name.to_owned(),
        ms(read),
        ms(published),
        format!("{}.{}", used / 1024, used % 1024 * 10 / 1024),
        hit,
        hit_p99,
        miss,
        miss_p99,
        hot,
    ])
}

/// Mean and 99th percentile of a search, in nanoseconds.
fn search(numbers: &[Number], find: impl Fn(&Number) -> Option<Listed>) -> (String, String) {
    let start = Instant::now();
    let found = numbers
        .iter()
        .filter(|number| find(number).is_some())
        .count();
    let mean = start.elapsed().as_nanos() / numbers.len().max(1) as u128;
    std::hint::black_box(found);
    let mut spans: Vec<_> = numbers
        .iter()
        .map(|number| {
            let start = Instant::now();
            std::hint::black_box(find(number));
            start.elapsed().as_nanos()
        })
        .collect();
    spans.sort_unstable();
    let p99 = spans.get(spans.len() * 99 / 100).copied().unwrap_or(0);
    (mean.to_string(), p99.to_string())
}

/// A number that a line covers.
fn inside(line: &str) -> Result<Number> {
    let end = line.split("..").next().unwrap_or(line);
    match end.strip_suffix('*') {
        Some(prefix) => number(&format!("{prefix}555")),
        None => number(end),
    }
}

/// A number beside this one that is on no list.
fn neighbour(of: &Number, find: impl Fn(&Number) -> Option<Listed>) -> Option<Number> {
    let text = of.as_str();
    let last = text.bytes().last()?;
    let other = if last == b'9' {
        '0'
    } else {
        char::from(last + 1)
    };
    let beside = Number::new(
        format!("{}{other}", &text[..text.len() - 1]).as_bytes(),
        None,
    )?;
    find(&beside).is_none().then_some(beside)
}

fn number(text: &str) -> Result<Number> {
    Number::new(text.as_bytes(), None).ok_or_else(|| format!("{text} is no number").into())
}

/// Shared memory that this process has touched.
fn shared_kib() -> Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("RssShmem"));
    let digits = line.and_then(|line| line.split_whitespace().nth(1));
    Ok(digits.ok_or("no RssShmem")?.parse()?)
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

    fn index(&mut self, limit: usize) -> usize {
        usize::try_from(self.below(limit as u64)).unwrap_or(0)
    }

    /// Twelve digits.
    fn number(&mut self, beginnings: &[&str]) -> String {
        let beginning = beginnings[self.index(beginnings.len())];
        let missing = 12 - beginning.len();
        let digits = self.below(1_000_000_000_000);
        format!(
            "{beginning}{:0missing$}",
            digits % 10_u64.pow(u32::try_from(missing).unwrap_or(0))
        )
    }
}
