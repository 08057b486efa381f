// SPDX-License-Identifier: GPL-2.0-or-later

use super::{BadSource, NumberSource, Sources, VerstatSource};

#[test]
fn the_order_is_the_operators() {
    let sources = Sources::new(
        "$avp(caller), pai,rpid ,from, ppi",
        "number,$avp(verstat),$avp(caller),p-attestation-indicator",
    )
    .expect("usable");
    assert_eq!(
        sources.number(true).collect::<Vec<_>>(),
        [
            NumberSource::Script(0),
            NumberSource::Pai,
            NumberSource::Rpid,
            NumberSource::From,
            NumberSource::Ppi
        ]
    );
    assert_eq!(
        sources.verstat(true).collect::<Vec<_>>(),
        [
            VerstatSource::Number,
            VerstatSource::Script(1),
            VerstatSource::Script(0),
            VerstatSource::PAttestationIndicator
        ]
    );
    let names: Vec<_> = sources.avps().iter().map(super::AvpName::as_str).collect();
    assert_eq!(names, ["caller", "verstat"]);
}

#[test]
fn of_an_untrusted_source_from_counts_and_what_the_script_says() {
    for (list, expected) in [
        ("pai,from", &[NumberSource::From][..]),
        ("pai", &[NumberSource::From]),
        ("pai,ppi,rpid", &[NumberSource::From]),
        (
            "from,$avp(x)",
            &[NumberSource::From, NumberSource::Script(0)],
        ),
        (
            "pai,$avp(x)",
            &[NumberSource::Script(0), NumberSource::From],
        ),
    ] {
        let sources = Sources::new(list, "number,$avp(v),attestation-info").expect("usable");
        assert_eq!(
            sources.number(false).collect::<Vec<_>>(),
            expected,
            "{list}"
        );
        assert_eq!(sources.verstat(false).count(), 1, "the script's");
    }
}

#[test]
fn an_entry_that_cannot_be_used_is_named() {
    for entry in [
        "",
        "PAI",
        "to",
        "pai from",
        "$avp()",
        "$avp(a b)",
        "$avp(x",
        "avp(x)",
        "$var(x)",
        "$avp($x)",
        "number",
        "$avp(s:x)",
        "$avp(nol_e164)",
        "$avp(aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa)",
    ] {
        let list = format!("from,{entry}");
        assert_eq!(
            Sources::new(&list, "number"),
            Err(BadSource::Number(entry)),
            "{entry}"
        );
    }
    assert_eq!(
        Sources::new("pai,from,pai", "number"),
        Err(BadSource::Number("pai"))
    );
    for entry in ["", "Number", "from", "identity", "$avp()"] {
        assert_eq!(Sources::new("from", entry), Err(BadSource::Verstat(entry)));
    }
    assert_eq!(
        Sources::new("$avp(a),$avp(b),$avp(c)", "$avp(d),$avp(a),$avp(e)"),
        Err(BadSource::Verstat("$avp(e)")),
        "one too many"
    );
}
