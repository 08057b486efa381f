// SPDX-License-Identifier: GPL-2.0-or-later

use super::{Config, Given, Timeout};

/// The defaults, but for a URL and a key that no test reaches.
pub(crate) fn given() -> Given {
    Given {
        api_url: "http://127.0.0.1:8080".to_owned(),
        api_key: "env:NUMBERS_ONLINE_KEY_THAT_NO_TEST_SETS".to_owned(),
        ..Given::default()
    }
}

#[test]
fn the_defaults_are_accepted() {
    let config = Config::new(&Given::default()).expect("usable");
    assert_eq!(config.timeout.milliseconds(), 400);
    assert_eq!(config.options.redirect_threshold, None);
    assert_eq!(config.redirect_contact, None);
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table")]
fn a_bad_value_names_parameter_value_and_what_is_allowed() {
    for (given, line) in [
        (
            Given {
                timeout: 19,
                ..given()
            },
            "parameter timeout: \"19\" cannot be used; allowed: 20..5000 milliseconds",
        ),
        (
            Given {
                timeout: -1,
                ..given()
            },
            "parameter timeout: \"-1\" cannot be used; allowed: 20..5000 milliseconds",
        ),
        (
            Given {
                timeout: 5001,
                ..given()
            },
            "parameter timeout: \"5001\" cannot be used; allowed: 20..5000 milliseconds",
        ),
        (
            Given {
                allow_code: 200,
                ..given()
            },
            "parameter allow_code: \"200\" cannot be used; allowed: 503 or 404",
        ),
        (
            Given {
                spam_threshold: 0,
                ..given()
            },
            "parameter spam_threshold: \"0\" cannot be used; allowed: 1..99",
        ),
        (
            Given {
                redirect_threshold: 100,
                ..given()
            },
            "parameter redirect_threshold: \"100\" cannot be used; allowed: 0 (off) or 1..99",
        ),
        (
            Given {
                block_invalid: 2,
                ..given()
            },
            "parameter block_invalid: \"2\" cannot be used; allowed: 0 or 1",
        ),
        (
            Given {
                block_reassigned: -1,
                ..given()
            },
            "parameter block_reassigned: \"-1\" cannot be used; allowed: 0 or 1",
        ),
        (
            Given {
                local_check: 2,
                ..given()
            },
            "parameter local_check: \"2\" cannot be used; allowed: 0 or 1",
        ),
        (
            Given {
                mode: "Inline".to_owned(),
                ..given()
            },
            "parameter mode: \"Inline\" cannot be used; allowed: redirect or inline",
        ),
        (
            Given {
                default_country: "UK".to_owned(),
                ..given()
            },
            "parameter default_country: \"UK\" cannot be used; allowed: an ISO 3166-1 country code of two letters, such as US or GB \
             (the United Kingdom)",
        ),
    ] {
        assert_eq!(
            Config::new(&given)
                .map(|_| ())
                .map_err(|error| error.to_string()),
            Err(line.to_owned())
        );
    }
}

#[test]
fn the_budget_leaves_time_for_the_way_back() {
    for (timeout, budget) in [(20, 15), (100, 90), (400, 360), (5000, 4950)] {
        assert_eq!(Timeout::new(timeout).expect("in range").budget_ms(), budget);
    }
}

#[test]
fn a_parameter_is_set_by_its_name() {
    let mut given = Given::default();
    for (name, value) in [
        ("api_url", "https://localhost:8443"),
        ("timeout", "250"),
        ("cache_size", "16"),
        ("profile", "one=>timeout=100"),
        ("profile", "two=>timeout=200"),
    ] {
        given.set(name, value).expect("a parameter");
    }
    assert_eq!(
        (given.api_url.as_str(), given.timeout, given.cache_size),
        ("https://localhost:8443", 250, 16)
    );
    assert_eq!(given.profile.len(), 2);
    for (name, value, line) in [
        (
            "timeout",
            "0.4",
            "parameter timeout: \"0.4\" cannot be used; allowed: a whole number",
        ),
        (
            "time",
            "secret",
            "\"time\" is no parameter; allowed: api_url, ",
        ),
        (
            "avps",
            "core",
            "\"avps\" is for the script of a SIP server; allowed: api_url, ",
        ),
    ] {
        let bad = given.set(name, value).expect_err("refused");
        assert_eq!(bad.name(), name);
        assert!(bad.to_string().starts_with(line), "{bad}");
    }
}
