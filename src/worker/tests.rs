// SPDX-License-Identifier: GPL-2.0-or-later

use std::time::Instant;

use super::{Begun, Worker};
use crate::cache::tests::answer;
use crate::config::Given;
use crate::config::tests::given;
use crate::engine::Engine;
use crate::failure::Failure;
use crate::log::{Level, Log};
use crate::number::Number;
use crate::os::process::InWorker;
use crate::policy::LookupOutcome;
use crate::policy::tests::CALL;

struct Silent;

impl Log for Silent {
    fn line(&self, _: Level, _: &str) {}
}

#[test]
fn a_question_brings_along_the_answer_that_no_longer_holds() {
    let api_key = concat!(
        "file:",
        env!("CARGO_MANIFEST_DIR"),
        "/tests/vectors/api_key.txt"
    );
    let given = Given {
        api_key: api_key.to_owned(),
        ..given()
    };
    let engine = Engine::new(given, &Silent).expect("usable");
    let mut worker = Worker::new(InWorker::promised(), &engine, &Silent);
    let number = Number::new("+14155550123").expect("a global number");
    let (key, now) = (worker.current.keys.key(&number, ""), Instant::now());
    let ttl = engine.config.cache.ttl;
    assert!(
        engine
            .cache
            .store(&key, &answer(1), ttl, engine.clock.at(now))
    );
    assert!(matches!(worker.begin(&CALL, now), Begun::Decided(..)));
    for (age, earlier) in [(ttl * 3 / 2, Some(answer(1))), (ttl * 3, None)] {
        let Begun::Ask(lookup) = worker.begin(&CALL, now + age) else {
            unreachable!("it no longer holds");
        };
        assert_eq!((lookup.number, lookup.earlier), (number, earlier));
        assert!(lookup.counters.cache_miss);
        let (outcome, _) = lookup.unanswered(Failure::Shed);
        assert_eq!(outcome, LookupOutcome::late(Failure::Shed, earlier));
    }
}
