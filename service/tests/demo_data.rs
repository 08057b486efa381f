// SPDX-License-Identifier: GPL-2.0-or-later

//! The bundled lists: fictional numbers only, each valid, with the decisions that README.md promises.

use std::fs;
use std::path::PathBuf;

use numbers_online_service::decision::{Decision, Reason, decide};
use numbers_online_service::identity::Identity;
use numbers_online_service::inbound::recommendation::recommend;
use numbers_online_service::inbound::record::Record;
use numbers_online_service::lists::Lists;
use numbers_online_service::number::Caller;
use numbers_online_service::policy::{Policy, Threshold};
use numbers_online_service::verstat::Verstat;

fn demo_data() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("demo-data")
}

fn readme() -> String {
    fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).expect("README.md")
}

/// The policy of the table: flag at 80, redirect at 90, block reassigned numbers.
fn policy() -> Policy {
    Policy {
        redirect_threshold: Threshold::new(90),
        block_reassigned: true,
        ..Policy::default()
    }
}

#[test]
fn every_number_is_valid_and_reserved_for_fiction() {
    let mut numbers = 0;
    for list in ["dnc.csv", "reassigned.csv", "spam.csv", "identities.csv"] {
        let text = fs::read_to_string(demo_data().join(list)).expect("a list");
        for line in text.lines().filter(|line| line.starts_with('+')) {
            let number = line.split(',').next().expect("a number");
            assert!(
                Caller::parse(number, None).subscriber().is_some(),
                "{number}"
            );
            assert!(
                FICTION.iter().any(|range| number.starts_with(range)),
                "{number}"
            );
            numbers += 1;
        }
    }
    assert_eq!(numbers, 29);
}

#[test]
fn each_number_gets_the_decision_of_the_table() {
    use Decision::{Allow, Block, Flag, Redirect};
    use Reason::{DncListed, InvalidNumber, NoActionableSignal, Reassigned};
    use Reason::{RiskOverFlagThreshold as OverFlag, RiskOverRedirectThreshold as OverRedirect};

    let lists = Lists::load(&demo_data()).expect("well-formed lists");
    let readme = readme();
    for (number, decision, reason) in [
        ("+14155550123", Allow, NoActionableSignal),
        ("+14155550120", Allow, NoActionableSignal),
        ("+14155550121", Allow, NoActionableSignal),
        ("+14155550122", Flag, OverFlag),
        ("+14155550124", Flag, OverFlag),
        ("+14155550125", Redirect, OverRedirect),
        ("+14155550126", Redirect, OverRedirect),
        ("+14155550101", Block, DncListed),
        ("+14155550102", Block, DncListed),
        ("+14155550111", Block, Reassigned),
        ("+14155550112", Block, Reassigned),
        ("+18005550199", Allow, NoActionableSignal),
        ("+442079460123", Allow, NoActionableSignal),
        ("+442079460122", Flag, OverFlag),
        ("+442079460126", Redirect, OverRedirect),
        ("+442079460101", Block, DncListed),
        ("+33199001234", Allow, NoActionableSignal),
        ("+33199001122", Flag, OverFlag),
        ("+33199001111", Block, Reassigned),
        ("+493023125123", Allow, NoActionableSignal),
        ("+493023125120", Allow, NoActionableSignal),
        ("+493023125101", Block, DncListed),
        ("+61491570158", Allow, NoActionableSignal),
        ("+61491570157", Flag, OverFlag),
        ("+61491570156", Redirect, OverRedirect),
        ("+14155550", Block, InvalidNumber),
        ("+10005550123", Block, InvalidNumber),
        ("+999123456789", Block, InvalidNumber),
    ] {
        let caller = Caller::parse(number, None);
        let subscriber = caller.subscriber();
        let signals = subscriber.map(|subscriber| lists.signals(subscriber.e164));
        let verdict = decide(
            subscriber.is_some(),
            &signals.unwrap_or_default(),
            &policy(),
        );
        assert_eq!(
            (verdict.decision, verdict.reason),
            (decision, reason),
            "{number}"
        );

        let row = readme
            .lines()
            .find(|line| line.contains(&format!("| `{number}` |")));
        let end = format!("| {decision} | `{reason}` |");
        assert!(
            row.is_some_and(|row| row.ends_with(&end)),
            "README.md: {number} {end}"
        );
    }
}

#[test]
fn each_number_gets_the_recommendation_of_the_table() {
    let lists = Lists::load(&demo_data()).expect("well-formed lists");
    let readme = readme();
    for number in [
        "+14155550123",
        "+14155550130",
        "+14155550131",
        "+14155550132",
        "+14155550133",
        "+14155550120",
        "+14155550121",
        "+14155550125",
        "+14155550101",
        "+14155550111",
        "+442079460130",
        "+999123456789",
    ] {
        let e164 = number.parse().expect("E.164");
        let record = Record {
            signals: lists.signals(e164),
            identity: lists.identity(e164).cloned(),
        };
        let kind = serde_json::to_value(record.identity_type()).expect("JSON");
        let kind = kind.as_str().expect("a word");
        let label = match record.identity.as_ref().map_or("", Identity::label) {
            "" => String::new(),
            label => format!("{label} "),
        };
        let action = recommend(&record, Verstat::Unknown);
        let (start, end) = (
            format!("| `{number}` | "),
            format!(" | `{kind}` | {label}| `{action}` |"),
        );
        let listed = |line: &str| line.starts_with(&start) && line.ends_with(&end);
        assert!(readme.lines().any(listed), "README.md: {start}...{end}");
    }
}

/// NANPA 555-0100 to 0199, Ofcom 020 7946 0xxx, ARCEP 01 99 00, Bundesnetzagentur 030 23125, ACMA 0491 570 156 to 159.
const FICTION: [&str; 5] = [
    "+141555501",
    "+4420794601",
    "+3319900",
    "+493023125",
    "+6149157015",
];
