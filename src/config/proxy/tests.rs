// SPDX-License-Identifier: GPL-2.0-or-later

use super::HttpProxy;

fn parts(proxy: &HttpProxy) -> (&str, u16, Option<&str>) {
    (
        &proxy.proxy.host,
        proxy.proxy.port,
        proxy.proxy.authorization(),
    )
}

fn line(text: &str) -> String {
    HttpProxy::new(text).expect_err("refused").to_string()
}

#[test]
fn a_proxy_is_a_host_and_a_port() {
    for (url, host, port) in [
        ("http://proxy.example:3128", "proxy.example", 3128),
        ("http://192.0.2.1:8080/", "192.0.2.1", 8080),
        ("http://[2001:db8::1]:3128", "2001:db8::1", 3128),
    ] {
        let proxy = HttpProxy::new(url).expect("usable").expect("a proxy");
        assert_eq!(parts(&proxy), (host, port, None));
        assert!(proxy.for_host("numbers.online", 443).is_some());
        assert_eq!(proxy.missing(), None);
    }
    assert_eq!(HttpProxy::new(""), Ok(None));
    for bad in [
        "proxy:3128",
        "https://proxy:3128",
        "http://proxy",
        "http://proxy:0",
        "http://proxy:+80",
        "http://proxy:",
        "http://proxy:70000",
        "http://u:p@proxy:3128",
        "http://proxy:1/x",
        "socks5://p:1",
        "environment",
    ] {
        assert!(HttpProxy::new(bad).is_err(), "{bad}");
    }
}

#[test]
fn a_password_in_the_parameter_is_refused_and_not_repeated() {
    for secret in [
        "http://u:pa55@proxy:3128",
        "u:pa55@proxy:3128",
        "http://u:pa55@proxy:3128 env:X",
    ] {
        let line = line(secret);
        assert!(
            line.contains("***@proxy:3128") && line.contains("env:NAME"),
            "{line}"
        );
        assert!(!line.contains("pa55"), "{line}");
    }
    for secret in [
        "http://proxy:3128 user:pa55",
        "http://proxy:3128 user:x@pa55",
        "http://u:x pa55@proxy:3128",
        "http://proxy:3128 env:NAME pa55",
    ] {
        let line = line(secret);
        assert!(line.starts_with("parameter http_proxy: \"***\""), "{line}");
        assert!(!line.contains("pa55"), "{line}");
    }
    // Neither a variable without a name nor a relative path.
    assert!(HttpProxy::new("http://proxy:3128 env:").is_err());
    assert!(HttpProxy::new("http://proxy:3128 file:secret").is_err());
}

#[test]
fn credentials_come_from_a_file_or_the_environment() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let text = format!("http://proxy.example:3128  file:{}", file.path().display());
    let read = |secret: &str| {
        std::fs::write(file.path(), secret).expect("written");
        HttpProxy::new(&text).expect("usable").expect("a proxy")
    };
    // The example of RFC 7617.
    let proxy = read("Aladdin:open sesame\n");
    assert_eq!(
        parts(&proxy),
        (
            "proxy.example",
            3128,
            Some("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")
        )
    );
    assert!(!format!("{proxy:?}").contains("QWxh"), "{proxy:?}");
    assert_eq!(
        read("u:\u{e9}:x").proxy.authorization(),
        Some("Basic dTrDqTp4")
    );
    for bad in ["", "user", ":password", "u:p\r\nX: y", "u:\0"] {
        let proxy = read(bad);
        let missing = proxy.missing().expect("no credentials").to_string();
        assert!(missing.starts_with("parameter http_proxy: "), "{missing}");
        assert!(missing.contains("USER:PASSWORD"), "{missing}");
        assert_eq!(proxy.proxy.authorization(), None);
    }
    let unset = HttpProxy::new("http://proxy:3128 env:A_VARIABLE_THAT_IS_NOT_SET");
    let unset = unset.expect("usable").expect("a proxy");
    assert!(unset.missing().is_some());
}

fn environment(variables: &[(&str, &str)]) -> Result<Option<HttpProxy>, String> {
    let variable = |name: &str| {
        let found = variables.iter().find(|(given, _)| *given == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    HttpProxy::of_environment(variable).map_err(|bad| bad.to_string())
}

#[test]
fn the_environment_names_a_proxy_on_request() {
    for (variables, expected) in [
        (&[("HTTPS_PROXY", "http://a:1")][..], ("a", 1, None)),
        (
            &[("HTTPS_PROXY", "http://b:2"), ("https_proxy", "http://a:1")],
            ("a", 1, None),
        ),
        (
            &[("HTTPS_PROXY", "http://a:1"), ("https_proxy", "")],
            ("a", 1, None),
        ),
        (&[("ALL_PROXY", "HTTP://a:1/")], ("a", 1, None)),
        (
            &[("ALL_PROXY", "http://b:2"), ("HTTPS_PROXY", "a:1")],
            ("a", 1, None),
        ),
        (
            &[("HTTPS_PROXY", "http://proxy.example")],
            ("proxy.example", 80, None),
        ),
        (
            &[("HTTPS_PROXY", "http://[2001:db8::1]:3128")],
            ("2001:db8::1", 3128, None),
        ),
        (
            &[("HTTPS_PROXY", "http://Aladdin:open%20sesame@a:1")],
            ("a", 1, Some("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")),
        ),
        (
            &[("HTTPS_PROXY", "http://u:p@ss@a:1")],
            ("a", 1, Some("Basic dTpwQHNz")),
        ),
        (
            &[("HTTPS_PROXY", "http://user@a:1")],
            ("a", 1, Some("Basic dXNlcjo=")),
        ),
    ] {
        let proxy = environment(variables).expect("usable").expect("a proxy");
        assert_eq!(parts(&proxy), expected, "{variables:?}");
    }
    for none in [
        &[][..],
        &[("HTTPS_PROXY", " ")],
        &[("HTTP_PROXY", "http://a:1")],
    ] {
        assert_eq!(environment(none), Ok(None), "{none:?}");
    }
    for bad in [
        "socks5://u:pa55@a:1",
        "https://u:pa55@a:1",
        "http://u:pa55@",
        "http://u:pa55@a:x",
        "http://u:pa55%zz@a:1",
        "http://u%3Ax:pa55@a:1",
        "http://u:pa55%0d%0aX@a:1",
        "http://u:pa55@a:1/path",
    ] {
        let line = environment(&[("HTTPS_PROXY", bad)]).expect_err("refused");
        assert!(line.contains("variable HTTPS_PROXY"), "{line}");
        assert!(!line.contains("pa55"), "{line}");
    }
}

#[test]
fn the_environment_names_hosts_without_a_proxy() {
    let given = |list| [("HTTPS_PROXY", "http://a:1"), ("NO_PROXY", list)];
    let proxied = |variables: &[(&str, &str)], host| {
        let proxy = environment(variables).expect("usable").expect("a proxy");
        proxy.for_host(host, 443).is_some()
    };
    assert!(!proxied(&given("example.com"), "api.example.com"));
    assert!(proxied(&given("example.com"), "numbers.online"));
    assert!(!proxied(&given("*"), "numbers.online"));
    let lower = [
        ("https_proxy", "http://a:1"),
        ("no_proxy", "numbers.online"),
        ("NO_PROXY", "example.com"),
    ];
    assert!(!proxied(&lower, "numbers.online"));
}
