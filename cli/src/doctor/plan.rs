// SPDX-License-Identifier: GPL-2.0-or-later

//! The age of the numbering plan, which is built into the program.

use std::time::{SystemTime, UNIX_EPOCH};

use numbers_online_number::METADATA;

use super::check::{Check, days};

/// Warns if it is older than a year: numbers that were assigned since are taken for ones that cannot exist.
pub(super) fn check(now: SystemTime) -> Check {
    let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let today = i64::try_from(now.as_secs() / DAY_S).unwrap_or(i64::MAX);
    let age = day(METADATA.date).map_or(0, |day| (today - day).max(0));
    let finding = format!(
        "version {} of {}, {} old",
        METADATA.version,
        METADATA.date,
        days(age)
    );
    let check = if age > YEAR {
        Check::warn(
            NAME,
            finding,
            "update numbers_online: new numbers may be taken for ones that cannot exist",
        )
    } else {
        Check::ok(NAME, finding)
    };
    check.with("age_days", age)
}

/// The days from 1970-01-01 to a date `YYYY-MM-DD`.
fn day(date: &str) -> Option<i64> {
    let mut parts = date.split('-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    // Years that begin in March, so that a leap day is the last one.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let leap_days = year / 4 - year / 100 + year / 400;
    Some(year * 365 + leap_days + (month * 153 + 2) / 5 + day - 1 - DAYS_TO_1970)
}

const NAME: &str = "numbering plan";

const DAY_S: u64 = 24 * 3600;
const YEAR: i64 = 365;

/// From 1 March of the year 0 to 1970-01-01.
const DAYS_TO_1970: i64 = 719_468;

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use numbers_online_number::METADATA;

    use super::{check, day};
    use crate::doctor::check::Status;

    #[test]
    fn days_are_counted_from_1970() {
        for (date, days) in [
            ("1970-01-01", 0),
            ("1970-03-01", 59),
            ("2000-02-29", 11_016),
            ("2026-11-29", 20_786),
            ("2024-03-01", 19_783),
        ] {
            assert_eq!(day(date), Some(days), "{date}");
        }
        assert_eq!(day("2026"), None);
    }

    #[test]
    fn a_plan_is_old_after_a_year() {
        let made = day(METADATA.date).expect("a date");
        for (age, status) in [(-1, Status::Ok), (365, Status::Ok), (366, Status::Warn)] {
            let seconds = u64::try_from(made + age).expect("after 1970") * 24 * 3600;
            let check = check(UNIX_EPOCH + Duration::from_secs(seconds));
            assert_eq!(check.status, status, "{age}");
        }
    }
}
