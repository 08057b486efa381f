// SPDX-License-Identifier: GPL-2.0-or-later
//! The form of a profile: `NAME=>KEY=VALUE;KEY=VALUE`.

use super::ProfileName;
use crate::config::BadParameter;

/// Keys and values in their order.
type Pairs<'a> = Vec<(&'a str, &'a str)>;

/// Splits a profile into its name, its keys and their values. A value that contains `;` stands in `"` or `'`. Values are not repeated in
/// errors: one may be a secret.
pub(super) fn parse(text: &str) -> Result<(ProfileName, Pairs<'_>), BadParameter> {
    let Some((name, mut rest)) = text.split_once("=>") else {
        let start = text.split(['=', ';']).next().unwrap_or_default();
        return Err(BadParameter::new("profile", shown(start), FORM));
    };
    let name = name.trim();
    let name = ProfileName::new(name).ok_or_else(|| {
        let allowed = "a name of 1..128 letters, digits and .-_:[] before the =>";
        BadParameter::new("profile", shown(name), allowed)
    })?;
    let mut pairs: Pairs<'_> = Vec::new();
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return Ok((name, pairs));
        }
        if let Some(after) = rest.strip_prefix(';') {
            rest = after;
            continue;
        }
        let (key, value, after) = pair(rest).map_err(|bad| bad.in_profile(&name))?;
        if pairs.iter().any(|(known, _)| *known == key) {
            let twice = BadParameter::new("profile", key, "each key once");
            return Err(twice.in_profile(&name));
        }
        pairs.push((key, value));
        rest = after;
    }
}

/// The first key of a text, its value, and what follows.
fn pair(text: &str) -> Result<(&str, &str, &str), BadParameter> {
    let end = text.find(';').unwrap_or(text.len());
    let refused = |key, allowed| BadParameter::new("profile", shown(key), allowed);
    let Some((key, value)) = text.split_once('=').filter(|(key, _)| key.len() < end) else {
        let (key, _) = text.split_at(end);
        return Err(refused(key, FORM));
    };
    let (key, value) = (key.trim_end(), value.trim_start());
    let Some(quote) = value
        .chars()
        .next()
        .filter(|first| ['"', '\''].contains(first))
    else {
        let (value, after) = value.split_once(';').unwrap_or((value, ""));
        return Ok((key, value.trim_end(), after));
    };
    let quoted = value
        .strip_prefix(quote)
        .and_then(|rest| rest.split_once(quote));
    let (value, after) =
        quoted.ok_or_else(|| refused(key, "a value that ends with the quote it begins with"))?;
    let after = after.trim_start();
    if after.is_empty() || after.starts_with(';') {
        Ok((key, value, after))
    } else {
        Err(refused(key, "nothing but ; behind a value in quotes"))
    }
}

/// The beginning of a text, for the log.
fn shown(text: &str) -> String {
    text.trim().chars().take(64).collect()
}

const FORM: &str = "NAME=>KEY=VALUE;KEY=VALUE, a value with ; in quotes (\"...\" or '...')";
