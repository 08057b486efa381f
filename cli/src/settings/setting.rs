// SPDX-License-Identifier: GPL-2.0-or-later

//! One parameter and its value, and where it was set.

use std::collections::BTreeMap;

use numbers_online::config::{BadParameter, Config, Given, ProfileName};

/// A parameter that was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Setting {
    pub(super) name: String,
    pub(super) value: String,
    /// `FILE:LINE`, or an option.
    pub(super) origin: String,
}

impl Setting {
    pub(super) fn new(name: &str, value: &str, origin: &str) -> Self {
        Self {
            name: name.to_owned(),
            value: value.to_owned(),
            origin: origin.to_owned(),
        }
    }

    /// Whether it stands in place of an earlier one. Profiles add up.
    pub(super) fn replaces(&self, earlier: &Self) -> bool {
        self.name == earlier.name && self.name != PROFILE
    }
}

/// All parameters, and one line for each setting that cannot be used. A later setting replaces an earlier one.
pub(super) fn apply(mut settings: Vec<Setting>) -> (Given, Vec<String>) {
    let mut bad = Vec::new();
    settings.retain(|setting| {
        let set = Given::default().set(&setting.name, &setting.value);
        set.map_err(|why| bad.push(line(&setting.origin, &why)))
            .is_ok()
    });
    // Of what cannot be used one is known at a time. Without it the next one shows.
    loop {
        let Err(why) = Config::new(&without_profiles(&settings)) else {
            break;
        };
        let last = settings
            .iter()
            .rposition(|setting| setting.name == why.name());
        let Some(last) = last else {
            // What others need but nobody set.
            bad.push(why.to_string());
            break;
        };
        bad.push(line(&settings.remove(last).origin, &why));
    }
    let (mut whole, mut usable) = (without_profiles(&settings), Vec::new());
    if let Ok(config) = Config::new(&whole) {
        let mut known = BTreeMap::new();
        let profiles = settings.into_iter();
        for setting in profiles.filter(|setting| setting.name == PROFILE) {
            match check_profile(&setting.value, &mut known, (&whole, &config)) {
                Ok(()) => usable.push(setting.value),
                Err(why) => bad.push(line(&setting.origin, &why)),
            }
        }
    }
    whole.profile = usable;
    (whole, bad)
}

fn without_profiles(settings: &[Setting]) -> Given {
    let mut given = Given::default();
    for setting in settings.iter().filter(|setting| setting.name != PROFILE) {
        // Those that cannot be set are gone.
        let _ = given.set(&setting.name, &setting.value);
    }
    given
}

/// Whether a profile can be used beside those that are known, to which it is added.
fn check_profile(
    text: &str,
    known: &mut BTreeMap<ProfileName, String>,
    base: (&Given, &Config),
) -> Result<(), BadParameter> {
    let read = |texts: &[&str]| {
        let given = Given {
            profile: texts.iter().copied().map(str::to_owned).collect(),
            ..base.0.clone()
        };
        given.profiles()
    };
    for (name, given) in read(&[text])? {
        let config = Config::of_profile(&given, base);
        config.map_err(|why| why.in_profile(&name))?;
        if let Some(earlier) = known.insert(name, text.to_owned()) {
            // Two profiles of one name are refused.
            read(&[&earlier, text])?;
        }
    }
    Ok(())
}

fn line(origin: &str, why: &BadParameter) -> String {
    format!("{origin}: {why}")
}

/// The parameter that may be set many times.
const PROFILE: &str = "profile";

#[cfg(test)]
mod tests {
    use super::{Setting, apply};

    fn settings(pairs: &[(&str, &str)]) -> Vec<Setting> {
        let settings = (1..).zip(pairs);
        settings
            .map(|(number, (name, value))| Setting::new(name, value, &format!("x:{number}")))
            .collect()
    }

    #[test]
    fn a_later_setting_replaces_an_earlier_one() {
        let (given, bad) = apply(settings(&[
            ("timeout", "100"),
            ("profile", "a=>timeout=300"),
            ("timeout", "200"),
            ("profile", "b=>"),
        ]));
        assert!(bad.is_empty(), "{bad:?}");
        assert_eq!((given.timeout, given.profile.len()), (200, 2));
        assert_eq!(given.api_url, "https://numbers.online");
    }

    #[test]
    fn everything_that_cannot_be_used_is_named_with_its_place() {
        let (_, bad) = apply(settings(&[
            ("timeout", "soon"),
            ("time", "1"),
            ("allow_code", "200"),
            ("api_key", "nol_0123456789abcdef"),
            ("spam_threshold", "100"),
            ("profile", "gold=>timeout=10"),
            ("profile", "silver=>timeout=100"),
            ("profile", "silver"),
            ("block_reply", "603+"),
        ]));
        let starts = [
            "x:1: parameter timeout: \"soon\" cannot be used; allowed: a whole number",
            "x:2: \"time\" is no parameter; allowed: api_url, ",
            "x:4: parameter api_key: \"***\" cannot be used; allowed: env:NAME or file:",
            "x:3: parameter allow_code: \"200\" cannot be used; allowed: 503 or 404",
            "x:5: parameter spam_threshold: \"100\" cannot be used; allowed: 1..99",
            "x:9: parameter block_reply: ",
            "x:6: profile \"gold\": parameter timeout: \"10\" cannot be used; allowed: 20..5000",
            "x:8: parameter profile: ",
        ];
        for start in starts {
            let named = bad.iter().filter(|line| line.starts_with(start)).count();
            assert_eq!(named, 1, "{start}: {bad:#?}");
        }
        assert_eq!(bad.len(), starts.len(), "{bad:#?}");
    }

    #[test]
    fn two_profiles_of_one_name_are_refused() {
        let (_, bad) = apply(settings(&[("profile", "a=>"), ("profile", "A=>")]));
        assert_eq!(bad.len(), 1, "{bad:?}");
        let is_second = bad[0].starts_with("x:2: parameter profile: \"a\"");
        assert!(is_second && bad[0].contains("each name once"), "{bad:?}");
    }
}
