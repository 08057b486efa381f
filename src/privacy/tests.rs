// SPDX-License-Identifier: GPL-2.0-or-later

use super::is_withheld;
use crate::sip_header::Headers;

fn withheld(name: &str, bodies: &[&str]) -> bool {
    let lines: Vec<_> = bodies
        .iter()
        .map(|body| format!("{name}: {body}\r\n"))
        .collect();
    let section = lines.concat();
    is_withheld(&Headers::read(section.as_bytes()))
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
        assert!(withheld(PRIVACY, bodies), "{bodies:?}");
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
        assert!(!withheld(PRIVACY, bodies), "{bodies:?}");
    }
    assert!(!withheld("Priority", &["id"]));
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
        assert!(withheld(REMOTE_PARTY_ID, &[body]), "{body}");
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
        assert!(!withheld(REMOTE_PARTY_ID, &[body]), "{body}");
    }
    let both = [no[1], yes[0]];
    assert!(withheld(REMOTE_PARTY_ID, &both));
    assert!(!withheld(PRIVACY, &[yes[0]]));
}

const PRIVACY: &str = "Privacy";
const REMOTE_PARTY_ID: &str = "Remote-Party-ID";
