// SPDX-License-Identifier: GPL-2.0-or-later

use super::{is_mentioned, is_withheld};
use crate::sip_header::{Header, HeaderName};

fn withheld(name: HeaderName, bodies: &[&str]) -> bool {
    let headers: Vec<_> = bodies
        .iter()
        .map(|body| Header {
            name,
            body: body.as_bytes(),
        })
        .collect();
    is_withheld(&headers)
}

#[test]
fn privacy_of_the_identity_withholds_the_number() {
    for bodies in [
        ["id"].as_slice(),
        &["user"],
        &["header"],
        &["ID"],
        &["user;id"],
        &["id;critical"],
        &["critical; id"],
        &["session;user"],
        &["session", "id"],
        &["none;id"],
        &["none", "id"],
        &["id, critical"],
        &["session;\r\n id"],
        &[";;id;;"],
    ] {
        assert!(withheld(HeaderName::Privacy, bodies), "{bodies:?}");
    }
    for bodies in [
        [].as_slice(),
        &[""],
        &["none"],
        &["session"],
        &["history"],
        &["critical"],
        &["session;history"],
        &["identity"],
        &["x-id"],
        &[";,;"],
    ] {
        assert!(!withheld(HeaderName::Privacy, bodies), "{bodies:?}");
    }
    assert!(!withheld(HeaderName::Priority, &["id"]));
}

#[test]
fn privacy_of_the_remote_party_withholds_the_number() {
    let yes = [
        "<sip:+14155550104@192.0.2.1>;privacy=full",
        "\"A\" <sip:+14155550104@192.0.2.1>;party=calling;id-type=subscriber;privacy=full;screen=yes",
        "<sip:+14155550104@192.0.2.1>; Privacy = URI",
        "<sip:+14155550104@192.0.2.1>;privacy=yes",
        "<sip:+14155550104@192.0.2.1>;privacy=\"name,uri\"",
        "<sip:+14155550104@192.0.2.1>;privacy=full-network",
        "sip:+14155550104@192.0.2.1;privacy=full",
        "<sip:a@b>;party=called;privacy=full, <sip:+14155550104@b>;privacy=full",
        "\"a\\\"b;\" <sip:+14155550104@b>;privacy=full",
        "<sip:+14155550104@b>;privacy=off;privacy=full",
        // Quotes and brackets that are never closed.
        "\"O\"Brien\" <sip:+14155550104@b>;privacy=full",
        "<sip:+14155550104@b;privacy=full",
    ];
    for body in yes {
        assert!(withheld(HeaderName::RemotePartyId, &[body]), "{body}");
    }
    let no = [
        "",
        "<sip:+14155550104@192.0.2.1>",
        "<sip:+14155550104@192.0.2.1>;privacy=off",
        "<sip:+14155550104@192.0.2.1>;privacy=name",
        "<sip:+14155550104@192.0.2.1>;privacy=\"name\"",
        "<sip:+14155550104@192.0.2.1>;privacy",
        "<sip:+14155550104@192.0.2.1>;privacy=fuller",
        "\";privacy=full\" <sip:+14155550104@192.0.2.1>",
        "<sip:+14155550104@192.0.2.1;privacy=full>",
        "<sip:a@b>;party=called;privacy=full",
        ";;;,,,;=;privacy==full",
    ];
    for body in no {
        assert!(!withheld(HeaderName::RemotePartyId, &[body]), "{body}");
    }
    let both = [no[1], yes[0]];
    assert!(withheld(HeaderName::RemotePartyId, &both));
    assert!(!withheld(HeaderName::Privacy, &[yes[0]]));
}

#[test]
fn headers_that_could_not_be_read_may_still_mention_privacy() {
    for unread in [
        "Privacy: id",
        "what\r\nPRIVACY : none\r\n",
        "what\nRemote-Party-ID: x",
    ] {
        assert!(is_mentioned(unread.as_bytes()), "{unread}");
    }
    for unread in ["", "\r\n", "what", "Subject: Privacy: id", "X-Privacy: id"] {
        assert!(!is_mentioned(unread.as_bytes()), "{unread}");
    }
}
