// SPDX-License-Identifier: GPL-2.0-or-later

use super::super::Config;
use super::super::tests::given;
use super::{Given, ProfileName};

fn profiles(texts: &[&str]) -> Result<Vec<(ProfileName, Given)>, String> {
    let given = Given {
        profile: texts.iter().map(|text| (*text).to_owned()).collect(),
        ..given()
    };
    given.profiles().map_err(|bad| bad.to_string())
}

#[test]
fn a_profile_is_all_parameters_with_its_values_replaced() {
    let texts = [
        "Trunk-A=>spam_threshold=60;redirect_contact=\"sip:ivr@192.0.2.20;transport=tcp\"; timeout = 250 ;",
        "[2001:db8::1] => redirect_contact='sip:\"x' ; mode=inline",
        "plain=>",
    ];
    let given = given();
    let [(first, a), (second, b), (third, c)] =
        <[_; 3]>::try_from(profiles(&texts).expect("usable")).expect("three");
    assert_eq!(first.as_str(), "trunk-a");
    assert_eq!((a.spam_threshold, a.timeout), (60, 250));
    assert_eq!(a.redirect_contact, "sip:ivr@192.0.2.20;transport=tcp");
    assert_eq!((&a.api_key, a.block_invalid), (&given.api_key, 1));
    assert_eq!(second.as_str(), "[2001:db8::1]");
    assert_eq!(
        (b.redirect_contact.as_str(), b.mode.as_str()),
        ("sip:\"x", "inline")
    );
    assert_eq!(third.as_str(), "plain");
    assert_eq!(format!("{c:?}"), format!("{given:?}"));
}

#[test]
fn a_bad_profile_is_one_line_that_names_it() {
    let long = "a".repeat(129);
    for (texts, wanted) in [
        (
            vec!["trunk spam_threshold=60"],
            vec![
                "parameter profile: \"trunk spam_threshold\"",
                "NAME=>KEY=VALUE",
            ],
        ),
        (vec![""], vec!["parameter profile: \"\"", "NAME=>KEY=VALUE"]),
        (
            vec!["=>timeout=60"],
            vec!["parameter profile: \"\"", "1..128 letters"],
        ),
        (
            vec!["a b=>timeout=60"],
            vec!["parameter profile: \"a b\"", "1..128 letters"],
        ),
        (
            vec!["a\r\nb=>timeout=60"],
            vec!["\"a??b\"", "1..128 letters"],
        ),
        (vec![long.as_str()], vec!["aaaa", "NAME=>KEY=VALUE"]),
        (
            vec!["one=>", "ONE=>"],
            vec!["parameter profile: \"one\"", "each name once"],
        ),
        (
            vec!["one=>timeout"],
            vec!["profile \"one\": ", "\"timeout\"", "KEY=VALUE"],
        ),
        (
            vec!["one=>timeout;mode=inline"],
            vec!["profile \"one\": ", "\"timeout\"", "KEY=VALUE"],
        ),
        (
            vec!["one=>=5"],
            vec!["profile \"one\": ", "\"\" is no parameter"],
        ),
        (
            vec!["one=>timeout=100;timeout=200"],
            vec!["profile \"one\": ", "\"timeout\"", "each key once"],
        ),
        (
            vec!["one=>mode=\"inline"],
            vec!["profile \"one\": ", "\"mode\"", "quote"],
        ),
        (
            vec!["one=>mode='inline'x"],
            vec!["profile \"one\": ", "\"mode\"", "quotes"],
        ),
        (
            vec!["one=>timeout=fast"],
            vec![
                "profile \"one\": parameter timeout: \"fast\"",
                "a whole number",
            ],
        ),
        (
            vec!["one=>spam_treshold=50"],
            vec![
                "profile \"one\": ",
                "\"spam_treshold\" is no parameter",
                "spam_threshold, ",
                "quotes",
            ],
        ),
        (
            vec!["one=>cache_size=50"],
            vec![
                "profile \"one\": ",
                "\"cache_size\" holds for the whole server",
                "allowed: api_url, ",
            ],
        ),
        (
            vec!["one=>avps=core"],
            vec!["profile \"one\": ", "\"avps\" holds for the whole server"],
        ),
        (
            vec!["one=>profile=two"],
            vec![
                "profile \"one\": ",
                "\"profile\" holds for the whole server",
            ],
        ),
        (
            vec!["one=>redirect_contact=sip:a@b;transport=tcp"],
            vec!["\"transport\" is no parameter", "a value with ; in quotes"],
        ),
    ] {
        let line = profiles(&texts).expect_err("refused");
        assert!(
            !line.contains('\n') && wanted.iter().all(|part| line.contains(part)),
            "{line}"
        );
    }
}

#[test]
fn a_bad_value_of_a_profile_names_profile_parameter_value_and_what_is_allowed() {
    let profiles = profiles(&["one=>spam_threshold=200", "two=>api_key=a-literal-secret"])
        .expect("well-formed");
    for ((name, given), wanted) in profiles.iter().zip([
        "profile \"one\": parameter spam_threshold: \"200\" cannot be used; allowed: 1..99",
        "profile \"two\": parameter api_key: \"***\" cannot be used; allowed: env:NAME or file:",
    ]) {
        let bad = Config::new(given).expect_err("refused");
        let line = bad.in_profile(name).to_string();
        assert!(line.starts_with(wanted), "{line}");
    }
}

#[test]
fn a_secret_at_a_wrong_place_is_not_repeated() {
    for text in [
        "one api_key=nol_secret",
        "one=>api_kye=nol_secret",
        "one=>api_key=\"nol_secret",
        "one=>api_key='env:A'nol_secret",
    ] {
        let line = profiles(&[text]).expect_err("refused");
        assert!(!line.contains("nol_secret"), "{line}");
    }
}

#[test]
fn upper_case_is_lower_case_in_names() {
    let name = ProfileName::new("Tenant.Example").expect("a name");
    for (given, is_it) in [
        (b"tenant.example".as_slice(), true),
        (b"TENANT.EXAMPLE", true),
        (b"tenant.example.", false),
        (b"tenant.exampl", false),
        (b"", false),
        (b"tenant.example\0", false),
    ] {
        assert_eq!(name.compare(given).is_eq(), is_it, "{given:?}");
    }
}

/// README.md marks the parameters that may stand in a profile.
#[test]
fn the_documented_keys_are_those_that_are_taken() {
    let readme = include_str!("../../../README.md");
    let (_, table) = readme.split_once("\n## Parameters").expect("there");
    let (table, _) = table.split_once("\n## ").expect("there");
    let mut marked: Vec<_> = table
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` P | "))
        .flat_map(|(names, _)| names.split("`, `"))
        .collect();
    let line = profiles(&["one=>no_parameter=1"]).expect_err("refused");
    let (_, taken) = line.split_once("allowed: ").expect("a list");
    let (taken, _) = taken.split_once(" (").expect("a list");
    let mut taken: Vec<_> = taken.split(", ").collect();
    marked.sort_unstable();
    taken.sort_unstable();
    assert_eq!(marked, taken);
}
