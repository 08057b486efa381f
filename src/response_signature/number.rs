// SPDX-License-Identifier: GPL-2.0-or-later
//! Numbers as ECMAScript writes them (`Number::toString`, ECMA-262 section 6.1.6.1.20).

/// The canonical text of a JSON number. An integer stays as it is, however long. `None` if it is beyond the range of a double.
pub(super) fn canonical(text: &str) -> Option<String> {
    let is_integer = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'-');
    if is_integer && text != "-0" {
        return Some(text.to_owned());
    }
    let value: f64 = text.parse().ok()?;
    if !value.is_finite() {
        return None;
    }
    if value == 0.0 {
        return Some("0".to_owned());
    }
    let sign = if value < 0.0 { "-" } else { "" };
    // The shortest digits that are read as the same number.
    let shortest = format!("{:e}", value.abs());
    let (digits, exponent) = shortest.split_once('e')?;
    let digits = digits.replace('.', "");
    Some(format!("{sign}{}", write(&digits, exponent.parse().ok()?)))
}

/// A number with these digits, of which the first stands for 10 to the power of `exponent`.
fn write(digits: &str, exponent: i32) -> String {
    let count = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    // The place of the decimal point, counted from before the first digit.
    let point = exponent + 1;
    let zeros = |count: i32| "0".repeat(usize::try_from(count).unwrap_or(0));
    if (count..=MOST_DIGITS).contains(&point) {
        return format!("{digits}{}", zeros(point - count));
    }
    if (1..=MOST_DIGITS).contains(&point) {
        let (whole, fraction) = digits.split_at(usize::try_from(point).unwrap_or(0));
        return format!("{whole}.{fraction}");
    }
    if (LEAST_POINT..=0).contains(&point) {
        return format!("0.{}{digits}", zeros(-point));
    }
    let (first, rest) = digits.split_at(1);
    let dot = if rest.is_empty() { "" } else { "." };
    format!("{first}{dot}{rest}e{exponent:+}")
}

/// Up to so many digits stand before the decimal point.
const MOST_DIGITS: i32 = 21;

/// Up to five zeros stand behind it.
const LEAST_POINT: i32 = -5;

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn numbers_are_written_as_by_node() {
        for (read, written) in [
            ("0", "0"),
            ("-0", "0"),
            ("-0.0", "0"),
            ("0e5", "0"),
            ("600", "600"),
            ("-7", "-7"),
            ("1.0", "1"),
            ("1.50", "1.5"),
            ("-1.5", "-1.5"),
            ("6e2", "600"),
            ("12.5E1", "125"),
            ("0.1", "0.1"),
            ("0.000001", "0.000001"),
            ("0.00000123", "0.00000123"),
            ("1e-6", "0.000001"),
            ("1e-7", "1e-7"),
            ("1.5e-7", "1.5e-7"),
            ("123e18", "123000000000000000000"),
            ("1e20", "100000000000000000000"),
            ("1e21", "1e+21"),
            ("1.25e300", "1.25e+300"),
            ("5e-324", "5e-324"),
            ("1e-400", "0"),
            ("0.30000000000000004", "0.30000000000000004"),
            ("9007199254740993", "9007199254740993"),
            (
                "123456789012345678901234567890",
                "123456789012345678901234567890",
            ),
        ] {
            assert_eq!(canonical(read).as_deref(), Some(written), "{read}");
        }
        assert_eq!(canonical("1e999"), None);
    }
}
