// SPDX-License-Identifier: GPL-2.0-or-later
//! An answer of the API is either believed for a reason or a failure of the list. The first byte picks the status.
#![no_main]

use libfuzzer_sys::fuzz_target;
use numbers_online::answer::Answer;
use numbers_online::failure::Failure;
use numbers_online::number::Number;
use serde_json::Value;

fuzz_target!(|data: &[u8]| {
    let Some((pick, body)) = data.split_first() else {
        return;
    };
    let status = match pick {
        b'A'..=b'Z' => 200,
        b'a' => 401,
        pick => u16::from(*pick) * 7,
    };
    let Some(asked) = Number::new(b"+14155550123", None) else {
        return;
    };
    match Answer::new(status, body, &asked) {
        Ok(answer) => believed(status, &answer, body),
        Err(unusable) => assert_ne!(unusable.failure, Failure::None),
    }
});

/// What is believed says so in so many words, to any other reader of JSON as well.
fn believed(status: u16, answer: &Answer, body: &[u8]) {
    assert_eq!(status, 200);
    assert!(matches!(answer.reply.code, 302 | 404 | 503 | 603));
    assert!(!answer.reply.phrase.is_empty());
    assert!(
        answer
            .advice
            .spam_score
            .is_none_or(|score| (1..=99).contains(&score))
    );
    let advice = &answer.advice;
    for text in [
        answer.reply.phrase.as_str(),
        answer.reason.as_str(),
        advice.risk_level.as_str(),
        advice.line_type.as_str(),
        advice.verstat.as_str(),
        advice.dnc.as_str(),
        advice.reassigned.as_str(),
        advice.receipt.as_str(),
    ] {
        assert!(text.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
    }
    // This reader limits the depth even of what is ignored.
    if let Ok(value) = serde_json::from_slice::<Value>(body) {
        assert_eq!(value["decision"], answer.treatment.as_str());
        assert_eq!(value["sip"]["code"], answer.reply.code);
        let e164 = &value["e164"];
        assert!(e164.is_null() || e164.as_str().is_some_and(|e164| e164.starts_with('+')));
    }
}
