// SPDX-License-Identifier: GPL-2.0-or-later

//! A decision for people.

use numbers_online::decision::Treatment;
use numbers_online::report::{Report, Value};

use crate::output::clean;
use crate::terminal::{Colour, Terminal};

/// One line for each value that there is.
pub(super) fn of(report: &Report, terminal: Terminal) -> String {
    let rows = report.iter().filter_map(|(name, value)| {
        let name = name.to_string_lossy();
        let shown = match value {
            Value::Text(text) if text.is_empty() => return None,
            Value::Text(text) => clean(text),
            Value::Number(number) => number.to_string(),
        };
        let painted = match colour(&name, &shown) {
            Some(colour) => terminal.paint(&shown, colour),
            None => shown,
        };
        Some(format!("{name:<WIDTH$}{painted}\n"))
    });
    rows.collect()
}

fn colour(name: &str, value: &str) -> Option<Colour> {
    match name {
        "decision" => Some(match Treatment::from_name(value)? {
            Treatment::Allow => Colour::Green,
            Treatment::Flag => Colour::Yellow,
            Treatment::Redirect | Treatment::Block => Colour::Red,
        }),
        "failure" if value != "none" => Some(Colour::Red),
        _ => None,
    }
}

/// The longest name has 18 letters.
const WIDTH: usize = 20;

#[cfg(test)]
mod tests {
    use numbers_online::report::Report;

    use super::of;
    use crate::terminal::Terminal;

    #[test]
    fn absent_values_are_left_out_and_a_terminal_is_not_controlled() {
        let report = Report::default()
            .text(c"decision", "block")
            .number(c"code", 603)
            .text(c"phrase", "De\x1b[2Jcline\n")
            .text(c"dnc", "");
        assert_eq!(
            of(&report, Terminal::plain()),
            "decision            block\ncode                603\nphrase              De?[2Jcline?\n"
        );
    }
}
