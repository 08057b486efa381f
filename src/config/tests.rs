// SPDX-License-Identifier: GPL-2.0-or-later

use super::{Config, Given, Timeout};

/// The defaults, but for a URL and a key that no test reaches.
pub(crate) fn given() -> Given {
    Given {
        api_url: "http://127.0.0.1:8080".to_owned(),
        api_url_backup: String::new(),
        api_key: "env:NUMBERS_ONLINE_KEY_THAT_NO_TEST_SETS".to_owned(),
        signing_secret: String::new(),
        timeout: 400,
        allow_code: 503,
        spam_threshold: 80,
        redirect_threshold: 0,
        block_invalid: 1,
        block_reassigned: 0,
        redirect_contact: String::new(),
        mode: "redirect".to_owned(),
        shadow: 0,
        enforce_percent: 100,
        number_source: "pai,from".to_owned(),
        verstat_source: "number".to_owned(),
        ask_withheld: 0,
        anonymous: "allow".to_owned(),
        block_reply: String::new(),
        block_location: "RLN".to_owned(),
        regulation: String::new(),
        reply_reason: 1,
        redress_url: String::new(),
        redress_tel: String::new(),
        redress_email: String::new(),
        emergency: "on".to_owned(),
        emergency_window: 14_400,
        trusted_sources: "any".to_owned(),
        allow_list: String::new(),
        deny_list: String::new(),
        dno_list: String::new(),
        dno_max_age: 7,
        default_country: String::new(),
        local_check: 1,
        cache_ttl: 60,
        cache_size: 65536,
        cache_redis: String::new(),
        log_numbers: 0,
        rate_limit: 0,
        breaker_window: 10,
        breaker_errors: 5,
        breaker_retry: 15,
        ca_file: String::new(),
        tls_insecure: 0,
        http_proxy: String::new(),
        async_lookups: 64,
        async_queue: 1024,
        profile: Vec::new(),
    }
}

#[test]
fn the_defaults_are_accepted() {
    let config = Config::new(&given()).expect("usable");
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
