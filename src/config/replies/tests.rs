// SPDX-License-Identifier: GPL-2.0-or-later

use super::{BlockReason, BlockReply, Replies};
use crate::config::tests::given;
use crate::config::{Given, Mode};
use crate::text::Text;

fn with(block_reply: &str) -> Given {
    Given {
        block_reply: block_reply.to_owned(),
        redress_url: "https://example.com/redress".to_owned(),
        ..given()
    }
}

fn us(block_reply: &str) -> Given {
    Given {
        regulation: "us".to_owned(),
        ..with(block_reply)
    }
}

fn replies(given: &Given) -> Result<Replies, String> {
    Replies::new(given, Mode::Redirect).map_err(|bad| bad.to_string())
}

/// The replies to analytics, dno, invalid, list and anonymous.
fn table(given: &Given) -> Vec<String> {
    let replies = replies(given).expect("usable");
    let name = |(_, reply): (BlockReason, BlockReply)| match reply {
        BlockReply::Code(code, Some(phrase)) => format!("{code} {}", phrase.as_str()),
        reply => reply.name(),
    };
    replies.block.iter().map(name).collect()
}

#[test]
fn block_reply_is_one_reply_or_one_for_each_reason() {
    for (text, wanted) in [
        ("", ["603", "603", "603", "603", "433"]),
        ("603+", ["603+", "603+", "603+", "603+", "433"]),
        ("608", ["608", "608", "608", "608", "433"]),
        ("607", ["607", "607", "607", "607", "433"]),
        ("403", ["403", "403", "403", "403", "433"]),
        (
            "403 'Not Here'",
            [
                "403 Not Here",
                "403 Not Here",
                "403 Not Here",
                "403 Not Here",
                "433",
            ],
        ),
        (
            "478 \"It's over\"",
            [
                "478 It's over",
                "478 It's over",
                "478 It's over",
                "478 It's over",
                "433",
            ],
        ),
        (
            "analytics=603+ dno=603 invalid=404 list=607 anonymous=433",
            ["603+", "603", "404", "607", "433"],
        ),
        ("anonymous=603", ["603", "603", "603", "603", "603"]),
        (
            "invalid=404 'No Such Number', list=607 'Not For Me'",
            ["603", "603", "404 No Such Number", "607 Not For Me", "433"],
        ),
        (
            "  dno=488,invalid=699 'x'  ",
            ["603", "488", "699 x", "603", "433"],
        ),
    ] {
        assert_eq!(table(&with(text)), wanted, "{text:?}");
    }
}

#[test]
fn what_is_no_reply_is_refused() {
    for text in [
        "600+",
        "603 +",
        "60",
        "0603",
        "200",
        "302",
        "399",
        "700",
        "1404",
        "-404",
        "+404",
        "four",
        "401",
        "407",
        "478",
        "603 404",
        "603+ 'x'",
        "608 'x'",
        "403 ''",
        "403 ' '",
        "403 'x",
        "403 x",
        "403 'a\\b'",
        "403 'a\r\nX: b'",
        "403 'caf\u{e9}'",
        "603 'Network Blocked'",
        "analytics=603+ analytics=603",
        "spam=603",
        "Analytics=603",
        "analytics=",
        "analytics= 603",
        "=603",
        "analytics=603+ 607",
        "analytics=603+dno=603",
        "403 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'",
    ] {
        let why = replies(&with(text)).expect_err(text);
        assert!(why.starts_with("parameter block_reply: "), "{why}");
        assert!(why.contains("; allowed: one reply, or some of"), "{why}");
    }
}

#[test]
fn a_block_is_never_answered_by_the_code_that_allows() {
    for (allow_code, text) in [(503, "503"), (404, "invalid=404"), (404, "anonymous=404")] {
        let given = Given {
            allow_code,
            ..with(text)
        };
        assert!(replies(&given).is_err(), "{text}");
        assert!(Replies::new(&given, Mode::Inline).is_ok());
    }
}

#[test]
fn contacts_are_in_the_order_of_a_603_plus() {
    let given = Given {
        redress_tel: "+12155550123".to_owned(),
        redress_email: "a@example.com".to_owned(),
        ..with("603+")
    };
    assert_eq!(
        replies(&given)
            .expect("usable")
            .redress
            .expect("there")
            .as_str(),
        "url=https://example.com/redress;tel=+12155550123;email=a@example.com"
    );
}

#[test]
fn a_603_plus_without_a_contact_is_refused_at_start() {
    let bare = |given: Given| Given {
        redress_url: String::new(),
        ..given
    };
    for text in ["603+", "608", "dno=603+", "list=608"] {
        assert_eq!(
            replies(&bare(with(text))),
            Err(format!(
                "parameter block_reply: \"{text}\" cannot be used; allowed: 603+ and 608 only with redress_url, redress_tel or \
                 redress_email"
            ))
        );
    }
    assert_eq!(
        replies(&bare(us(""))),
        Err("parameter regulation: \"us\" cannot be used; allowed: us only with redress_url, redress_tel or redress_email: a block \
             by analytics is answered 603+"
            .to_owned())
    );
}

#[test]
fn values_that_a_quoted_string_cannot_hold_are_refused() {
    for url in [
        "http://example.com",
        "HTTPS://example.com",
        "https://",
        "https:///path",
        "https://:443/",
        "https://user@example.com/",
        "https://example.com/a b",
        "https://example.com/\"",
        "https://example.com/\\",
        "https://example.com/\r\nX: y",
        "https://example.com/;tel=+1",
        "https://caf\u{e9}.example",
    ] {
        let given = Given {
            redress_url: url.to_owned(),
            ..given()
        };
        assert!(replies(&given).is_err(), "{url:?}");
    }
    for tel in [
        "12155550123",
        "+",
        "+1",
        "+0155550123",
        "+1215555o123",
        "+1 215 555 0123",
        "+1234567890123456",
        "+12155550123;x",
    ] {
        let given = Given {
            redress_tel: tel.to_owned(),
            ..given()
        };
        assert!(replies(&given).is_err(), "{tel:?}");
    }
    for email in [
        "a",
        "@example.com",
        "a@",
        "a@b",
        "a@b..c",
        "a b@example.com",
        "a\"@example.com",
        "a;b@example.com",
        "a@example.com\r\n",
        "a@b@example.com",
    ] {
        let given = Given {
            redress_email: email.to_owned(),
            ..given()
        };
        assert!(replies(&given).is_err(), "{email:?}");
    }
}

#[test]
fn the_lawful_replies_are_the_default_in_the_united_states() {
    assert_eq!(table(&us("")), ["603+", "603", "603", "603", "433"]);
    assert_eq!(
        table(&us("list=607 invalid=404 dno=403")),
        ["603+", "403", "404", "607", "433"]
    );
}

#[test]
fn unlawful_replies_are_refused_with_the_reason() {
    for (text, why) in [
        (
            "603",
            "with regulation=us analytics=603+ and nothing else, by 47 CFR 64.1200(k)(9); not 603",
        ),
        (
            "analytics=607",
            "with regulation=us analytics=603+ and nothing else, by 47 CFR 64.1200(k)(9); not 607",
        ),
        (
            "analytics=608",
            "with regulation=us analytics=603+ and nothing else, by 47 CFR 64.1200(k)(9); not 608",
        ),
        (
            "analytics=403",
            "with regulation=us analytics=603+ and nothing else, by 47 CFR 64.1200(k)(9); not 403",
        ),
        ("dno=607", "with regulation=us dno=603 or 4xx: "),
        ("invalid=608", "with regulation=us invalid=603 or 4xx: "),
        ("603+", "with regulation=us dno=603 or 4xx: "),
        ("list=603+", "with regulation=us list=603, 607 or 4xx: "),
        ("list=500", "with regulation=us list=603, 607 or 4xx: "),
        ("anonymous=600", "with regulation=us anonymous=603 or 4xx: "),
    ] {
        let refused = replies(&us(text)).expect_err(text);
        let start = format!("parameter block_reply: \"{text}\" cannot be used; allowed: {why}");
        assert!(refused.starts_with(&start), "{refused}");
    }
}

#[test]
fn other_words_are_refused() {
    for given in [
        Given {
            block_location: "U".to_owned(),
            ..given()
        },
        Given {
            block_location: "rln".to_owned(),
            ..given()
        },
        Given {
            regulation: "US".to_owned(),
            ..given()
        },
        Given {
            regulation: "eu".to_owned(),
            ..given()
        },
        Given {
            reply_reason: 2,
            ..given()
        },
    ] {
        assert!(replies(&given).is_err());
    }
}

#[test]
fn a_phrase_is_text_that_a_status_line_can_hold() {
    let replies = replies(&with("invalid=404 'No Such Number'")).expect("usable");
    assert_eq!(
        replies.block.get(BlockReason::Invalid),
        BlockReply::Code(404, Text::new("No Such Number"))
    );
}
