// SPDX-License-Identifier: GPL-2.0-or-later
//! What it costs to read a calling number and to judge whether it can exist, without a server.

use std::hint::black_box;
use std::time::Instant;

use numbers_online_number::{Country, Plausibility, normalise};

use crate::table::Table;

/// Callers as trunks write them, and the country of the server.
const FORMS: [(&str, &str); 16] = [
    ("+12025550123", ""),
    ("+1 (415) 555-0123", ""),
    ("+442079460958", "GB"),
    ("+44(0)2079460958", ""),
    ("02079460958", "GB"),
    ("00442079460958", "FR"),
    ("011442079460958", "US"),
    ("2025550123", "US"),
    ("12025550123", "US"),
    ("011 15 5555 0100", "AR"),
    ("0 15 21 5555 0123", "BR"),
    ("06 555 0123", "IT"),
    ("+5215512345678", ""),
    ("+999123456789", ""),
    ("+02079460958", "GB"),
    ("1001", "DE"),
];

const ROUNDS: usize = 2000;

/// Prints the table.
pub(crate) fn run() {
    let forms = FORMS.map(|(text, home)| (text.to_owned(), Country::new(home)));
    let mut table = Table::new(&["ns a number", "median", "p99", "worst", "cannot exist"]);
    table.row(measure("forms of trunks", &forms));
    table.row(measure("any calling code and digits", &of_all_codes()));
    table.print();
}

/// A number of each calling code that could be, with digits in no order.
fn of_all_codes() -> Vec<(String, Option<Country>)> {
    let digits = |code: u64| code.wrapping_mul(0x9e37_79b9_7f4a_7c15) % 1_000_000_000;
    let number = |code| (format!("+{code}{:09}", digits(code)), Country::new("US"));
    (1..1000).map(number).collect()
}

fn measure(name: &str, numbers: &[(String, Option<Country>)]) -> Vec<String> {
    let mut took = Vec::with_capacity(numbers.len() * ROUNDS);
    let mut impossible = 0;
    // One after the other, so that none finds its own path warm.
    for _ in 0..ROUNDS {
        impossible = 0;
        for (text, home) in numbers {
            let start = Instant::now();
            let number = normalise(black_box(text.as_bytes()), *home);
            let plausibility = number.map(|number| number.plausibility());
            took.push(start.elapsed().as_nanos());
            impossible += usize::from(black_box(plausibility) == Some(Plausibility::Impossible));
        }
    }
    took.sort_unstable();
    let at = |share: usize| took.get((took.len() - 1) * share / 1000);
    let cell = |share| at(share).map(ToString::to_string).unwrap_or_default();
    let of = format!("{impossible} of {}", numbers.len());
    vec![name.to_owned(), cell(500), cell(990), cell(1000), of]
}
