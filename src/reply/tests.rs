// SPDX-License-Identifier: GPL-2.0-or-later

use super::{Reason, Reply, is_id};
use crate::config::tests::given;
use crate::config::{Config, Given, Replies};
use crate::decision::{Advice, Decision, SipReply, Source, Treatment};
use crate::failure::Failure;
use crate::text::Text;

fn us() -> Given {
    Given {
        regulation: "us".to_owned(),
        redress_url: "https://example.com/redress".to_owned(),
        redress_tel: "+12155550123".to_owned(),
        redress_email: "a@example.com".to_owned(),
        ..given()
    }
}

fn replies(given: &Given) -> Replies {
    Config::new(given).expect("usable").replies
}

fn block(source: Source, reason: &str) -> Decision {
    Decision {
        treatment: Treatment::Block,
        would: Treatment::Block,
        reply: SipReply::standard(603),
        reason: Text::new(reason).expect("short"),
        advice: Advice {
            receipt: Text::new("nol_rec_1").expect("short"),
            ..Advice::default()
        },
        ..Decision::allow(503, source, Failure::None, None)
    }
}

fn allow(failure: Failure) -> Decision {
    let source = if failure == Failure::None {
        Source::Api
    } else {
        Source::FailOpen
    };
    Decision::allow(503, source, failure, None)
}

/// Status line and `Reason` header.
fn sent(decision: &Decision, replies: &Replies, understands_608: bool) -> (String, String) {
    let decision = Decision {
        understands_608,
        ..*decision
    };
    let reply = Reply::new(&decision, replies);
    (
        format!("{} {}", reply.sip.code, reply.sip.phrase.as_str()),
        reply
            .reason
            .map_or(String::new(), |reason| reason.to_string()),
    )
}

const NETWORK_BLOCKED: &str = "SIP;cause=603;text=\"v=analytics1;url=https://example.com/redress;tel=+12155550123;\
    email=a@example.com;id=nol_rec_1\";location=RLN";

#[test]
fn analytics_block_is_603_plus_and_nothing_else() {
    let replies = replies(&us());
    for reason in [
        "dnc_listed",
        "reassigned",
        "risk_over_flag_threshold",
        "",
        "something_new",
        "dno",
        "deny_list",
    ] {
        for source in [Source::Api, Source::Cache] {
            for understands_608 in [false, true] {
                assert_eq!(
                    sent(&block(source, reason), &replies, understands_608),
                    ("603 Network Blocked".to_owned(), NETWORK_BLOCKED.to_owned()),
                    "{reason}"
                );
            }
        }
    }
}

#[test]
fn an_invalid_number_is_no_analytics() {
    for source in [Source::Api, Source::Cache] {
        let (status, reason) = sent(&block(source, "invalid_number"), &replies(&us()), false);
        assert_eq!(status, "603 Decline");
        assert!(!reason.contains("analytics"), "{reason}");
    }
}

#[test]
fn a_block_of_the_operators_own_is_no_analytics() {
    let given = Given {
        block_reply: "analytics=603+ dno=604 invalid=484 list=607 anonymous=433".to_owned(),
        regulation: String::new(),
        ..us()
    };
    for (source, reason, code) in [
        (Source::List, "dno", 604),
        (Source::List, "deny_list", 607),
        (Source::Local, "anonymous", 433),
        (Source::Local, "invalid_number", 484),
        (Source::Api, "invalid_number", 484),
        // The API's own words about these are a judgement of the API.
        (Source::Api, "anonymous", 603),
        (Source::Cache, "deny_list", 603),
        (Source::Api, "dno", 603),
    ] {
        let decision = block(source, reason);
        let replies = replies(&given);
        let reply = Reply::new(&decision, &replies);
        assert_eq!(reply.sip.code, code, "{reason}");
    }
}

#[test]
fn contacts_are_in_order_and_absent_ones_are_left_out() {
    for (url, tel, email, wanted) in [
        ("https://a.example", "", "", "url=https://a.example"),
        ("", "+12155550123", "", "tel=+12155550123"),
        ("", "", "a@example.com", "email=a@example.com"),
        (
            "https://a.example",
            "",
            "a@example.com",
            "url=https://a.example;email=a@example.com",
        ),
    ] {
        let given = Given {
            redress_url: url.to_owned(),
            redress_tel: tel.to_owned(),
            redress_email: email.to_owned(),
            block_location: "RPN".to_owned(),
            ..us()
        };
        let (_, reason) = sent(&block(Source::Api, "dnc_listed"), &replies(&given), false);
        assert_eq!(
            reason,
            format!("SIP;cause=603;text=\"v=analytics1;{wanted};id=nol_rec_1\";location=RPN")
        );
    }
}

#[test]
fn the_id_is_the_receipt_if_it_may_stand_there() {
    let long = "x".repeat(64);
    for (receipt, wanted) in [
        ("nol_rec-1", ";id=nol_rec-1\""),
        (long.as_str(), &*format!(";id={long}\"")),
        ("", "a@example.com\""),
        ("nol rec", "a@example.com\""),
        ("a\"b", "a@example.com\""),
        ("a;b", "a@example.com\""),
        ("a\\b", "a@example.com\""),
    ] {
        let decision = Decision {
            advice: Advice {
                receipt: Text::new(receipt).expect("short"),
                ..Advice::default()
            },
            ..block(Source::Api, "dnc_listed")
        };
        let (_, reason) = sent(&decision, &replies(&us()), false);
        assert!(
            reason.ends_with(&format!("{wanted};location=RLN")),
            "{reason}"
        );
    }
    assert!(!is_id(&"x".repeat(65)));
}

#[test]
fn a_608_is_for_a_caller_that_understands_it() {
    let given = |block_reply: &str| Given {
        regulation: String::new(),
        block_reply: block_reply.to_owned(),
        ..us()
    };
    let decision = block(Source::Api, "dnc_listed");
    let replies_608 = replies(&given("608"));
    assert_eq!(sent(&decision, &replies_608, true).0, "608 Rejected");
    assert_eq!(sent(&decision, &replies_608, false).1, NETWORK_BLOCKED);
    let invalid = block(Source::Api, "invalid_number");
    assert_eq!(sent(&invalid, &replies_608, true).0, "608 Rejected");
    assert_eq!(sent(&invalid, &replies_608, false).0, "603 Decline");
}

#[test]
fn every_final_reply_of_redirect_mode_says_why() {
    let replies = replies(&given());
    for (decision, wanted) in [
        (
            allow(Failure::None),
            "SIP;cause=503;text=\"decision=allow\"",
        ),
        (
            allow(Failure::TimeoutDns),
            "SIP;cause=503;text=\"decision=allow;failure=timeout_dns\"",
        ),
        (
            Decision {
                treatment: Treatment::Redirect,
                reply: SipReply::standard(302),
                ..block(Source::Api, "risk")
            },
            "SIP;cause=302;text=\"decision=redirect;reason=risk;id=nol_rec_1\"",
        ),
        (
            block(Source::Api, "dnc_listed"),
            "SIP;cause=603;text=\"decision=block;reason=dnc_listed;id=nol_rec_1\"",
        ),
        (
            block(Source::Api, "a\"b"),
            "SIP;cause=603;text=\"decision=block;id=nol_rec_1\"",
        ),
    ] {
        assert_eq!(sent(&decision, &replies, false).1, wanted);
    }
}

#[test]
fn without_reply_reason_and_inline_only_a_603_plus_has_a_reason() {
    for given in [
        Given {
            reply_reason: 0,
            ..us()
        },
        Given {
            mode: "inline".to_owned(),
            ..us()
        },
    ] {
        let replies = replies(&given);
        let decision = block(Source::Api, "dnc_listed");
        assert_eq!(sent(&decision, &replies, false).1, NETWORK_BLOCKED);
        assert_eq!(Reply::new(&decision, &replies).why, None);
        assert_eq!(
            sent(&block(Source::Api, "invalid_number"), &replies, false).1,
            ""
        );
        assert_eq!(sent(&allow(Failure::None), &replies, false).1, "");
    }
}

#[test]
fn a_plain_603_never_looks_like_a_603_plus() {
    let decision = Decision {
        reply: SipReply {
            code: 603,
            phrase: Text::new("Network Blocked").expect("short"),
        },
        ..block(Source::Api, "dnc_listed")
    };
    assert_eq!(sent(&decision, &replies(&given()), false).0, "603 Decline");
    let decision = Decision {
        reply: SipReply {
            code: 603,
            phrase: Text::new("Not Today").expect("short"),
        },
        ..decision
    };
    assert_eq!(
        sent(&decision, &replies(&given()), false).0,
        "603 Not Today"
    );
}

#[test]
fn the_text_of_a_reason_says_why_and_stands_at_its_end() {
    let replies = replies(&given());
    for decision in [allow(Failure::Dns), block(Source::Api, "dnc_listed")] {
        let reply = Reply::new(&decision, &replies);
        let (Some(reason), Some(why)) = (reply.reason, reply.why) else {
            unreachable!("reply_reason is on");
        };
        let body = reason.to_string();
        assert_eq!(
            body.get(Reason::BEFORE_TEXT..),
            Some(format!("{why}\"").as_str())
        );
    }
}
