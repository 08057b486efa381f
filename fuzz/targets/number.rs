// SPDX-License-Identifier: GPL-2.0-or-later
//! Whatever a caller writes into From: a number is `+` and digits, and stays masked.
#![no_main]

use libfuzzer_sys::fuzz_target;
use numbers_online::number::{Caller, Number};

fuzz_target!(|uri: &[u8]| {
    let Caller::Number(number) = Caller::from_uri(uri) else {
        return;
    };
    let text = number.as_str();
    let digits = text.strip_prefix('+').expect("a global number");
    assert!((1..=15).contains(&digits.len()));
    assert!(digits.bytes().all(|byte| byte.is_ascii_digit()));
    assert_eq!(Number::new(text), Some(number));
    assert_eq!(
        Caller::from_uri(format!("tel:{text}").as_bytes()),
        Caller::Number(number)
    );
    let masked = format!("{number:?}");
    assert_eq!(masked.len(), text.len());
    // A country code has three digits at the most, and the last two stay.
    assert!(masked.matches('*').count() + 6 >= text.len());
});
