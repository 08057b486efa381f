// SPDX-License-Identifier: GPL-2.0-or-later

use super::{CallId, Context, Decision, Number, Treatment, line};
use crate::config::ProfileId;
use crate::decision::{SipReply, Source};
use crate::failure::Failure;
use crate::identity::{Attestation, NumberFrom, Verification, Verstat};
use crate::text::Text;

fn decision(treatment: Treatment, would: Treatment) -> Decision {
    let number = Number::new(b"+12025550123", None);
    let mut decision = Decision {
        profile: ProfileId::BASE,
        treatment,
        would,
        enforced: treatment == would,
        reply: SipReply::standard(603),
        reason: Text::new("dnc_listed").expect("visible"),
        ..Decision::allow(503, Source::Api, Failure::None, number)
    };
    decision.number_from = Some(NumberFrom::Pai);
    decision.verification = Verification {
        verstat: Some(Verstat::Passed),
        attestation: Some(Attestation::B),
    };
    decision.advice.spam_score = Some(91);
    decision.advice.risk_level = Text::new("high").expect("visible");
    decision.advice.receipt = Text::new("nol_rec_8sd91kfh20aJ").expect("visible");
    decision
}

fn context(code: i32, call_id: &CallId) -> Context<'_> {
    Context {
        code,
        profile: "",
        call_id,
        log_numbers: false,
    }
}

#[test]
fn a_block_and_a_would_be_block_have_one_form() {
    let call_id = CallId::new(b"a84b4c76e66710@192.0.2.1");
    for (treatment, code, text) in [
        (
            Treatment::Block,
            603,
            "audit enforced=1 would=block decision=block code=603 reason=dnc_listed source=api failure=none number=+1********23 \
             number_from=pai authentication=passed attestation=B score=91 risk=high verstat=- receipt=nol_rec_8sd91kfh20aJ profile=- call=a84b4c76e66710@192.0.2.1",
        ),
        (
            Treatment::Allow,
            503,
            "audit enforced=0 would=block decision=allow code=503 reason=dnc_listed source=api failure=none number=+1********23 \
             number_from=pai authentication=passed attestation=B score=91 risk=high verstat=- receipt=nol_rec_8sd91kfh20aJ profile=- call=a84b4c76e66710@192.0.2.1",
        ),
    ] {
        let decision = decision(treatment, Treatment::Block);
        assert_eq!(
            line(&decision, context(code, &call_id)).as_deref(),
            Some(text)
        );
    }
}

#[test]
fn an_allowed_or_flagged_call_has_no_line() {
    for treatment in [Treatment::Allow, Treatment::Flag] {
        let decision = decision(treatment, treatment);
        assert_eq!(line(&decision, context(503, &CallId::EMPTY)), None);
    }
}

#[test]
fn the_number_is_whole_only_if_the_operator_wants_it() {
    let decision = decision(Treatment::Redirect, Treatment::Redirect);
    // Some callers make their Call-ID of their number.
    let call_id = CallId::new(b"12025550123-1@192.0.2.1");
    let shown = |decision: &Decision, log_numbers| {
        let context = Context {
            log_numbers,
            profile: "trunk-7",
            ..context(302, &call_id)
        };
        line(decision, context).expect("a line")
    };
    let whole = shown(&decision, true);
    assert!(whole.contains(" number=+12025550123 "), "{whole}");
    assert!(whole.ends_with(" profile=trunk-7 call=12025550123-1@192.0.2.1"));
    let masked = shown(&decision, false);
    assert!(!masked.contains("5550123"), "{masked}");
    assert!(
        masked.ends_with(" call=1**********-1@192.0.2.1"),
        "{masked}"
    );
    let nobody = Decision {
        number: None,
        ..decision
    };
    assert!(shown(&nobody, true).contains(" number=- "));
    // It may be withheld.
    let masked = shown(&nobody, false);
    assert!(
        masked.ends_with(" call=***********-*@192.0.2.1"),
        "{masked}"
    );
}

#[test]
fn a_number_in_a_call_id_is_masked_in_each_form() {
    let decision = decision(Treatment::Block, Treatment::Block);
    let nobody = Decision {
        number: None,
        ..decision
    };
    for (decision, call_id, shown) in [
        (&decision, "x-202-555-0123-y@a", "x-***-***-****-y@a"),
        (&decision, "1.202.555.0123@a", "1.***.***.****@a"),
        (&decision, "12025550199@a", "12025550199@a"),
        (&decision, "5550123", "*******"),
        (&nobody, "20-5550123-a5550123@h", "**-*******-a*******@h"),
        (&nobody, "202-555-0123-1@pbx", "***-***-****-*@pbx"),
        (&nobody, "555012-a@192.0.2.200", "555012-a@192.0.2.200"),
        (&decision, "202 555/0123@a", "***%20***/****@a"),
        (&nobody, "(202)555-0123@h", "%28***%29***-****@h"),
        (&decision, "202-555--0123@a", "***-***--****@a"),
        (&decision, "9925550123@a", "99********@a"),
        (&nobody, "0049.(30).123.456@h", "****.%28**%29.***.***@h"),
        (&nobody, "(202)-555-0123@h", "%28***%29-***-****@h"),
        (&nobody, "", "-"),
    ] {
        let call_id = CallId::new(call_id.as_bytes());
        let line = line(decision, context(603, &call_id)).expect("a line");
        assert!(line.ends_with(&format!(" call={shown}")), "{line}");
    }
}

#[test]
fn a_number_that_is_cut_is_masked_too() {
    let decision = decision(Treatment::Block, Treatment::Block);
    let nobody = Decision {
        number: None,
        ..decision
    };
    let call_id = format!("{}12025550123@a", "x".repeat(90));
    for (decision, shown) in [(&decision, "1*****..."), (&nobody, "******...")] {
        let call_id = CallId::new(call_id.as_bytes());
        let line = line(decision, context(603, &call_id)).expect("a line");
        assert!(line.ends_with(shown), "{line}");
    }
}

#[test]
fn no_text_from_outside_can_add_a_pair_or_a_line() {
    let decision = Decision {
        reason: Text::new("x decision=allow").expect("visible"),
        ..decision(Treatment::Block, Treatment::Block)
    };
    let call_id = CallId::new(b"1\r\nNOTICE enforced=0");
    let line = line(&decision, context(603, &call_id)).expect("a line");
    assert!(line.contains(" reason=x%20decision%3Dallow "));
    assert!(line.ends_with(" call=1%0D%0ANOTICE%20enforced%3D0"));
    let mut pairs = line.split(' ').skip(1);
    assert!(pairs.all(|pair| pair.matches('=').count() == 1), "{line}");
}
