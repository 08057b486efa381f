// SPDX-License-Identifier: GPL-2.0-or-later
//! Datagrams that claim to come from a name server. The first byte picks the question; its id is put into the datagram, because
//! a forger may guess it.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../src/resolver/dns/message.rs"]
mod message;

use message::Family;

fuzz_target!(|data: &[u8]| {
    let Some((pick, datagram)) = data.split_first() else {
        return;
    };
    let family = if pick & 1 == 0 {
        Family::V4
    } else {
        Family::V6
    };
    let question = message::question("api.example", family).expect("a name");
    let mut datagram = datagram.to_vec();
    datagram.truncate(message::MAX_BYTES);
    datagram
        .iter_mut()
        .zip(&question.bytes)
        .take(2)
        .for_each(|(to, id)| *to = *id);
    let Some(reply) = message::reply(&datagram, &question) else {
        return;
    };
    // An address takes four bytes of a datagram at the least.
    assert!(reply.addresses.len() * 4 <= datagram.len());
    assert_eq!(reply.has_addresses(), !reply.addresses.is_empty());
    assert!(!reply.has_addresses() || reply.is_answer());
    assert!(!reply.has_addresses() || reply.lifetime.as_secs() <= u64::from(u32::MAX));
});
