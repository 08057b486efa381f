// SPDX-License-Identifier: GPL-2.0-or-later

use super::NetworkBlocked;

const FULL: NetworkBlocked<'_> = NetworkBlocked {
    url: "https://example.com/redress",
    tel: "+12155550123",
    email: "a@example.com",
    id: "nol_rec_1",
    location: "RLN",
};

const TEXT: &str = "v=analytics1;url=https://example.com/redress;tel=+12155550123;email=a@example.com;id=nol_rec_1";

fn message(status: &str, headers: &str) -> String {
    format!(
        "{status}\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nCall-ID: 1@example.com\r\n{headers}\r\nContent-Length: 0\r\n\r\n"
    )
}

fn blocked(headers: &str) -> String {
    message("SIP/2.0 603 Network Blocked", headers)
}

#[test]
fn every_form_of_a_603_plus_is_recognised() {
    for headers in [
        format!("Reason: SIP;cause=603;text=\"{TEXT}\";location=RLN"),
        // A gateway to ISUP.
        format!("Reason: Q.850;cause=21;text=\"{TEXT}\";location=RLN"),
        // Names in any case, and white space where SIP allows it.
        format!("REASON : sip ; CAUSE = 603 ; Text = \"{TEXT}\" ; LOCATION = RLN"),
        format!("reason:SIP;text=\"{TEXT}\";location=RLN;cause=603"),
        // Folded.
        format!("Reason: SIP;cause=603;\r\n text=\"{TEXT}\"\r\n\t;location=RLN"),
        format!("Reason:\r\n SIP;cause=603;text=\"{}\";location=RLN", TEXT.replace(';', ";\r\n ")),
        format!("Reason: SIP;cause=603;text=\"{}\";location=RLN", TEXT.replace(';', "; ")),
        // Behind other Reason headers and values.
        format!("Reason: Q.850;cause=17;text=\"User busy\"\r\nReason: SIP;cause=603;text=\"{TEXT}\";location=RLN"),
        format!("Reason: Q.850;cause=17;text=\"busy, or not\", SIP;cause=603;text=\"{TEXT}\";location=RLN"),
        format!("Reason: SIP;cause=603;text=\"{TEXT}\";location=RLN, Q.850;cause=21"),
        // The fields as parameters of the header.
        "Reason: SIP;cause=603;v=analytics1;url=\"https://example.com/redress\";tel=+12155550123;email=\"a@example.com\";\
            id=nol_rec_1;location=RLN"
            .to_owned(),
        "Reason: SIP;cause=603;text=\"v=analytics1\";url=\"https://example.com/redress\";tel=\"+12155550123\";\
            email=a@example.com;id=nol_rec_1;location=RLN"
            .to_owned(),
        // Quotes that somebody has removed.
        format!("Reason: SIP;cause=603;text={TEXT};location=RLN"),
        // Another order, unknown fields, a field twice.
        "Reason: SIP;cause=603;text=\"v=analytics1;id=nol_rec_1;x=y;email=a@example.com;tel=+12155550123;\
            url=https://example.com/redress;url=https://other.example\";location=RLN"
            .to_owned(),
    ] {
        let message = blocked(&headers);
        assert_eq!(NetworkBlocked::parse(message.as_bytes()), Some(FULL), "{headers}");
        // Bare line feeds.
        let message = message.replace("\r\n", "\n");
        assert_eq!(NetworkBlocked::parse(message.as_bytes()), Some(FULL), "{headers}");
    }
}

#[test]
fn what_is_absent_is_empty() {
    for (headers, wanted) in [
        (
            "Reason: SIP;cause=603;text=\"v=analytics1;tel=+12155550123\"",
            NetworkBlocked {
                tel: "+12155550123",
                ..NetworkBlocked::default()
            },
        ),
        (
            "Reason: SIP;cause=603;text=\"v=analytics1;\"",
            NetworkBlocked::default(),
        ),
        (
            "Reason: SIP;cause=603;text=\"v=analytics1\"",
            NetworkBlocked::default(),
        ),
        // Cut by a server on the way.
        (
            "Reason: SIP;cause=603;text=\"v=analytics1;tel=+12155550123;url=https://example.co",
            NetworkBlocked {
                tel: "+12155550123",
                ..NetworkBlocked::default()
            },
        ),
        (
            "Reason: SIP;cause=603;text=\"v=analytics1",
            NetworkBlocked::default(),
        ),
        (
            "Reason: Q.850;cause=21;text=\"v=analytics1;url=https://a.example/\";location=LN",
            NetworkBlocked {
                url: "https://a.example/",
                location: "LN",
                ..NetworkBlocked::default()
            },
        ),
    ] {
        assert_eq!(
            NetworkBlocked::parse(blocked(headers).as_bytes()),
            Some(wanted),
            "{headers}"
        );
    }
}

#[test]
fn nothing_malformed_is_reported() {
    for fields in [
        "url=http://example.com",
        "url=javascript:alert(1)",
        "url=https://user@example.com/",
        "url=https://example.com/a b",
        "url=https://example.com/\\\"x",
        "url=https://caf\u{e9}.example",
        "url=https://example.com/\r\n path",
        "url=https://",
        "tel=12155550123",
        "tel=+1 215 555 0123",
        "tel=+1215555012345678",
        "tel=911",
        "email=a",
        "email=a@b@example.com",
        "email=<a@example.com>",
        "id=a b",
        "id=",
        "id=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "url",
        "=",
    ] {
        let headers =
            format!("Reason: SIP;cause=603;text=\"v=analytics1;{fields}\";location=\"R LN\"");
        let message = blocked(&headers);
        let parsed = NetworkBlocked::parse(message.as_bytes());
        assert_eq!(parsed, Some(NetworkBlocked::default()), "{fields}");
    }
}

#[test]
fn the_phrase_and_the_text_are_both_needed() {
    let reason = format!("Reason: SIP;cause=603;text=\"{TEXT}\";location=RLN");
    for status in [
        "SIP/2.0 603 Decline",
        "SIP/2.0 603 network blocked",
        "SIP/2.0 603 Network Blocked by us",
        "SIP/2.0 603 NetworkBlocked",
        "SIP/2.0 603 ",
        "SIP/2.0 603",
        "SIP/2.0 503 Network Blocked",
        "SIP/2.0 6030 Network Blocked",
        "SIP/3.0 603 Network Blocked",
        "HTTP/1.1 603 Network Blocked",
        "INVITE sip:603 SIP/2.0",
        "",
    ] {
        assert_eq!(
            NetworkBlocked::parse(message(status, &reason).as_bytes()),
            None,
            "{status:?}"
        );
    }
    for headers in [
        "X: y".to_owned(),
        "Reason: SIP;cause=603".to_owned(),
        "Reason: SIP;cause=603;text=\"Network Blocked\"".to_owned(),
        "Reason: SIP;cause=603;text=\"v=analytics2;url=https://a.example\"".to_owned(),
        "Reason: SIP;cause=603;text=\"v=analytics10\"".to_owned(),
        "Reason: SIP;cause=603;text=\"V=ANALYTICS1\"".to_owned(),
        "Reason: SIP;cause=603;text=\"url=https://a.example;v=analytics1\"".to_owned(),
        "Reason: Q.850;cause=21".to_owned(),
        format!("X-Reason: SIP;cause=603;text=\"{TEXT}\""),
        format!("Warning: 399 a \"Reason: SIP;text={TEXT}\""),
        // A header of the body, not of the message.
        format!("X: y\r\n\r\nReason: SIP;cause=603;text=\"{TEXT}\""),
        // In the quoted string of another value.
        format!("Reason: SIP;cause=603;text=\"x, SIP;text={TEXT}\""),
        format!("Reason: SIP;cause=603;text=\"a\\\";text=\\\"{TEXT}\\\"\""),
    ] {
        assert_eq!(
            NetworkBlocked::parse(blocked(&headers).as_bytes()),
            None,
            "{headers}"
        );
    }
}

#[test]
fn a_message_that_is_cut_anywhere_is_read_without_harm() {
    let message = blocked(&format!(
        "Reason: SIP;cause=603;text=\"{TEXT}\";location=RLN"
    ));
    for end in 0..message.len() {
        let _ = NetworkBlocked::parse(&message.as_bytes()[..end]);
    }
    assert_eq!(NetworkBlocked::parse(b""), None);
    assert_eq!(NetworkBlocked::parse(&[0xff; 300]), None);
}
