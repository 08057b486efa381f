// SPDX-License-Identifier: GPL-2.0-or-later

type Packed = super::Packed<200>;
use crate::answer::Answer;
use crate::decision::{Advice, SipReply, Treatment};
use crate::text::Text;

fn text<const N: usize>(text: &str) -> Text<N> {
    Text::new(text).expect("clean and short")
}

fn answer() -> Answer {
    Answer {
        treatment: Treatment::Flag,
        reply: SipReply {
            code: 404,
            phrase: text("the phrase"),
        },
        reason: text("the_reason"),
        advice: Advice {
            valid: Some(true),
            spam_score: Some(99),
            risk_level: text("the risk"),
            line_type: text("the line type"),
            verstat: text("the verstat"),
            dnc: text("the dnc status"),
            reassigned: text("reassigned?"),
            receipt: text("nol_rec_8sd91kfh20aJ"),
            balance_low: Some(false),
        },
    }
}

#[test]
fn every_field_comes_back() {
    let (full, mut answers) = (answer(), vec![answer()]);
    for treatment in [
        Treatment::Allow,
        Treatment::Flag,
        Treatment::Redirect,
        Treatment::Block,
    ] {
        answers.push(Answer { treatment, ..full });
        answers.push(Answer {
            treatment,
            reply: SipReply::standard(603),
            reason: Text::EMPTY,
            advice: Advice::default(),
        });
    }
    for flag in [None, Some(false), Some(true)] {
        let advice = full.advice;
        for advice in [
            Advice {
                valid: flag,
                ..advice
            },
            Advice {
                balance_low: flag,
                ..advice
            },
        ] {
            answers.push(Answer { advice, ..full });
        }
    }
    for spam_score in [None, Some(1), Some(99)] {
        let advice = Advice {
            spam_score,
            ..full.advice
        };
        answers.push(Answer { advice, ..full });
    }
    answers.push(Answer {
        reason: text(&"r".repeat(64)),
        ..full
    });
    for answer in answers {
        let packed = Packed::new(&answer).expect("short enough");
        assert_eq!(packed.answer(), Some(answer));
        assert_eq!(Packed::from_bytes(packed.as_bytes()), Some(packed));
    }
}

#[test]
fn what_is_too_long_is_not_packed() {
    let mut long = answer();
    long.reason = text(&"r".repeat(64));
    long.advice.receipt = text(&"i".repeat(64));
    assert_eq!(Packed::new(&long), None);
    let over = Packed::new(&answer()).expect("short enough");
    let room = 200 - over.as_bytes().len();
    let mut just = answer();
    just.reason = text(&"r".repeat(64));
    just.advice.receipt = text(&"i".repeat(20 + room - 54));
    assert_eq!(Packed::new(&just).and_then(|p| p.answer()), Some(just));
    just.reply.phrase = text("the phrase.");
    assert_eq!(Packed::new(&just), None, "one byte more");
}

#[test]
fn other_bytes_are_no_answer() {
    let packed = Packed::new(&answer()).expect("short enough");
    let bytes = packed.as_bytes();
    let read = |bytes: &[u8]| Packed::from_bytes(bytes).and_then(|packed| packed.answer());
    assert_eq!(read(b""), None);
    assert_eq!(read(&[b'a'; 201]), None);
    for len in 0..bytes.len() {
        assert_eq!(read(&bytes[..len]), None, "the first {len}");
    }
    assert_eq!(read(&[bytes, b"a"].concat()), None);
    for (at, byte) in [(4, 255), (bytes.len() - 1, b'\n')] {
        let mut changed = bytes.to_vec();
        changed[at] = byte;
        assert_eq!(read(&changed), None, "byte {at}");
    }
}
