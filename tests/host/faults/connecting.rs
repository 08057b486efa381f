// SPDX-License-Identifier: GPL-2.0-or-later
//! Faults before the first byte of an answer: TCP and TLS.
use testbed::{Flaw, Greeting, Plan, Step};

use super::{BOTH, Fault, Outcome, Peer, Scheme};

const PLAIN: &[Scheme] = &[Scheme::Http];
const TLS: &[Scheme] = &[Scheme::Https];

pub(super) fn faults() -> Vec<Fault> {
    let meets = |name: &'static str, greeting, failure, over| {
        Fault::new(
            name,
            Peer::Plays(Plan::greeting(greeting)),
            Outcome::Fails(failure),
        )
        .only(over)
    };
    let shows = |name: &'static str, flaw| {
        Fault::new(name, Peer::Shows(flaw), Outcome::Fails("tls")).only(TLS)
    };
    vec![
        Fault::new(
            "refuses the connection",
            Peer::Refuses,
            Outcome::Fails("connect"),
        )
        .only(BOTH)
        .everyday(),
        Fault::new(
            "a SYN black hole",
            Peer::DropsSyn,
            Outcome::Fails("timeout_connect"),
        )
        .only(BOTH)
        .everyday(),
        // Over TLS the silence is in the handshake.
        meets(
            "accepts and says nothing",
            Greeting::Silence,
            "timeout_response",
            PLAIN,
        )
        .everyday(),
        meets(
            "accepts and says nothing",
            Greeting::Silence,
            "timeout_tls",
            TLS,
        )
        .everyday(),
        meets(
            "stalls in the TLS handshake",
            Greeting::StallInHandshake,
            "timeout_tls",
            TLS,
        ),
        meets("RST on accept", Greeting::Reset, "reset", PLAIN),
        meets("closes on accept", Greeting::Close, "reset", PLAIN),
        // Any end during the handshake is `tls`. `reset` is for an answer that ends too early.
        meets("RST on accept", Greeting::Reset, "tls", TLS),
        meets("closes on accept", Greeting::Close, "tls", TLS),
        meets(
            "RST in the TLS handshake",
            Greeting::ResetInHandshake,
            "tls",
            TLS,
        ),
        meets("a TLS alert", Greeting::Alert, "tls", TLS),
        meets(
            "plain HTTP where TLS is due",
            speaks(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
            "tls",
            TLS,
        ),
        // An answer before the request is not accepted.
        meets(
            "another protocol",
            speaks(b"SSH-2.0-OpenSSH_9.2p1\r\n"),
            "parse",
            PLAIN,
        ),
        meets(
            "TLS where plain HTTP is due",
            speaks(&[22, 3, 3, 0, 2, 2, 40]),
            "parse",
            PLAIN,
        ),
        shows("a certificate for another name", Flaw::WrongName).everyday(),
        shows("an expired certificate", Flaw::Expired).everyday(),
        shows("a certificate that is not valid yet", Flaw::NotYetValid),
        shows("a self-signed certificate", Flaw::SelfSigned).everyday(),
        shows(
            "a certificate of an unknown authority",
            Flaw::UnknownAuthority,
        ),
        Fault::answer(
            "reads the request and says nothing",
            vec![Step::Hold],
            "timeout_response",
        )
        .everyday(),
        Fault::answer("RST after the request", vec![Step::Reset], "reset")
            .everyday()
            .before_the_answer(),
        Fault::answer("FIN after the request", vec![Step::Cut], "reset")
            .everyday()
            .before_the_answer(),
    ]
}

fn speaks(bytes: &[u8]) -> Greeting {
    Greeting::Speak(bytes.to_vec())
}
