// SPDX-License-Identifier: GPL-2.0-or-later
//! A reply of another network. What is reported can stand in a header, a log line or a URL as it is.
#![no_main]

use libfuzzer_sys::fuzz_target;
use numbers_online::network_blocked::NetworkBlocked;

fuzz_target!(|message: &[u8]| {
    let Some(blocked) = NetworkBlocked::parse(message) else {
        return;
    };
    let text = String::from_utf8_lossy(message);
    assert!(text.contains("Network Blocked") && text.contains("analytics1"));
    let NetworkBlocked {
        url,
        tel,
        email,
        id,
        location,
    } = blocked;
    assert!(url.is_empty() || url.starts_with("https://"));
    assert!(tel.is_empty() || tel.starts_with('+'));
    assert!(email.is_empty() || email.contains('@'));
    assert!(id.len() <= 64 && location.len() <= 8);
    for value in [url, tel, email, id, location] {
        assert!(value.len() <= 255 && value.bytes().all(|byte| byte.is_ascii_graphic()));
        assert!(!value.contains(['"', '\\', ';', '<', '>']));
    }
});
