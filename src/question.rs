// SPDX-License-Identifier: GPL-2.0-or-later
//! A question to the API.

use std::fmt::Write;

use numbers_online_number::Country;
use ring::digest;

use crate::call_record::CallRecord;
use crate::config::DecisionOptions;
use crate::identity::{Caller, called_number, from_tag};
use crate::number::Number;
use crate::{length_prefixed, text, u64_pair};

/// What `POST /api/v1/sbc/redirect` is asked about one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question<'a> {
    /// The caller.
    pub caller: Caller,
    /// What the decision needs of the call.
    pub record: CallRecord,
    /// Whom the call goes to. The API reserves it for later, so an answer may be shared by calls to different numbers.
    pub callee: Callee<'a>,
    /// The operator's options.
    pub options: &'a DecisionOptions,
    /// The call that it is about.
    pub origin: Origin<'a>,
}

/// Whom a call goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Callee<'a> {
    /// A URI, and the country in whose forms its number is read. The number is read when it is needed: most calls are answered from the
    /// cache.
    Uri(&'a [u8], Option<Country>),
    /// A number, if it is one.
    Number(Option<Number>),
}

/// The call behind a question. The API learns its [`IdempotencyKey`] only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin<'a> {
    /// The call itself. Its key is made when it is needed: most calls are answered from the cache.
    Call {
        /// Body of Call-ID.
        call_id: &'a [u8],
        /// Its header section.
        head: &'a [u8],
    },
    /// Its key.
    Key(IdempotencyKey),
}

/// `Idempotency-Key`: the same for a retransmission of the INVITE, for a serial fork of it and for a retry of the request,
/// and meaningless without knowledge of the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdempotencyKey([u8; 16]);

impl Question<'_> {
    /// Path of the endpoint. Always the long form, which is the one that is signed.
    pub const PATH: &'static str = "/api/v1/sbc/redirect";

    /// The key of this call.
    #[must_use]
    pub fn idempotency_key(&self) -> IdempotencyKey {
        match self.origin {
            Origin::Call { call_id, head } => {
                IdempotencyKey::new(call_id, from_tag(head), &self.caller.number)
            }
            Origin::Key(key) => key,
        }
    }

    /// The JSON of the request.
    #[must_use]
    pub fn body(&self) -> String {
        let DecisionOptions {
            allow_code,
            spam_threshold,
            redirect_threshold,
            block_invalid,
            block_reassigned,
        } = *self.options;
        let mut body = String::with_capacity(BODY_BYTES);
        // No escaping: a number is "+" and digits. And no failure: a string takes all that is written to it.
        let _ = write!(body, r#"{{"number":"{}""#, self.caller.number.as_str());
        if let Some(called) = self.callee.number() {
            let _ = write!(body, r#","called_number":"{}""#, called.as_str());
        }
        if let Some(verstat) = self.caller.verification.verstat {
            let _ = write!(body, r#","verstat":"{}""#, verstat.as_str());
        }
        let _ = write!(
            body,
            r#","allow_code":{},"spam_threshold":{}"#,
            allow_code.code(),
            spam_threshold.score(),
        );
        if let Some(at) = redirect_threshold {
            let _ = write!(body, r#","redirect_threshold":{}"#, at.score());
        }
        let _ = write!(
            body,
            r#","block_reassigned":{block_reassigned},"block_invalid":{block_invalid}}}"#
        );
        body
    }
}

impl Callee<'_> {
    /// The called number, if the call goes to one.
    #[must_use]
    pub fn number(&self) -> Option<Number> {
        match *self {
            Self::Uri(uri, home) => called_number(uri, home),
            Self::Number(number) => number,
        }
    }
}

impl IdempotencyKey {
    /// Derives the key of a call from its Call-ID, its From tag and the calling number.
    #[must_use]
    pub fn new(call_id: &[u8], from_tag: &[u8], number: &Number) -> Self {
        let mut hash = digest::Context::new(&digest::SHA256);
        let parts = [
            b"numbers_online".as_slice(),
            call_id,
            from_tag,
            number.as_str().as_bytes(),
        ];
        length_prefixed::update(parts, |bytes| hash.update(bytes));
        let mut key = [0; 16];
        key.iter_mut()
            .zip(hash.finish().as_ref())
            .for_each(|(to, from)| *to = *from);
        Self(key)
    }

    /// As words of shared memory.
    #[must_use]
    pub fn to_shared(self) -> [u64; 2] {
        u64_pair::of(self.0)
    }

    /// From shared memory.
    #[must_use]
    pub fn from_shared(shared: [u64; 2]) -> Self {
        Self(u64_pair::bytes(shared))
    }

    /// The header's value: 32 hexadecimal digits.
    #[must_use]
    pub fn to_hex(self) -> String {
        text::hex(&self.0)
    }
}

/// An upper bound of the length of a body.
const BODY_BYTES: usize = 256;

#[cfg(test)]
mod tests {
    use super::{Callee, IdempotencyKey, Origin, Question};
    use crate::call_record::tests::record;
    use crate::config::{AllowCode, DecisionOptions, Threshold};
    use crate::identity::{Caller, NumberFrom, Verification, Verstat};
    use crate::number::Number;

    fn number(text: &str) -> Number {
        Number::new(text.as_bytes(), None).expect("a global number")
    }

    #[test]
    fn the_body_is_as_the_contract_says() {
        let options = DecisionOptions {
            allow_code: AllowCode::new(404).expect("404"),
            spam_threshold: Threshold::new(80).expect("80"),
            redirect_threshold: None,
            block_invalid: true,
            block_reassigned: false,
        };
        let caller = Caller {
            number: number("+14155550123"),
            from: NumberFrom::From,
            verification: Verification::default(),
            understands_608: false,
        };
        let question = |options| Question {
            caller,
            record: record(),
            callee: Callee::Uri(b"sip:service@example.com", None),
            options,
            origin: Origin::Call {
                call_id: b"a",
                head: b"From: <sip:a@b>;tag=b\r\n",
            },
        };
        assert_eq!(
            question(&options).body(),
            r#"{"number":"+14155550123","allow_code":404,"spam_threshold":80,"block_reassigned":false,"block_invalid":true}"#
        );
        let options = DecisionOptions {
            redirect_threshold: Threshold::new(90),
            ..options
        };
        assert!(
            question(&options)
                .body()
                .contains(r#""spam_threshold":80,"redirect_threshold":90,"block_reassigned""#)
        );
    }

    #[test]
    fn the_called_number_and_the_verification_are_sent_if_they_are_known() {
        let options = DecisionOptions {
            allow_code: AllowCode::new(503).expect("503"),
            spam_threshold: Threshold::new(80).expect("80"),
            redirect_threshold: Threshold::new(99),
            block_invalid: false,
            block_reassigned: false,
        };
        let longest = number("+123456789012345");
        for verstat in Verstat::ALL {
            let question = Question {
                caller: Caller {
                    number: longest,
                    from: NumberFrom::Pai,
                    verification: Verification {
                        verstat: Some(verstat),
                        attestation: None,
                    },
                    understands_608: false,
                },
                record: record(),
                callee: Callee::Number(Some(longest)),
                options: &options,
                origin: Origin::Call {
                    call_id: b"a",
                    head: b"From: <sip:a@b>;tag=b\r\n",
                },
            };
            let body = question.body();
            let start = format!(
                r#"{{"number":"+123456789012345","called_number":"+123456789012345","verstat":"{}","allow_code":503,"#,
                verstat.as_str()
            );
            assert!(body.starts_with(&start), "{body}");
            assert!(body.len() <= super::BODY_BYTES);
        }
    }

    #[test]
    fn a_call_keeps_its_key_and_no_other_call_has_it() {
        let (one, other) = (number("+14155550123"), number("+14155550124"));
        let key = IdempotencyKey::new(b"call-1", b"tag", &one);
        assert_eq!(key, IdempotencyKey::new(b"call-1", b"tag", &one));
        for different in [
            IdempotencyKey::new(b"call-2", b"tag", &one),
            IdempotencyKey::new(b"call-1", b"gat", &one),
            IdempotencyKey::new(b"call-1t", b"ag", &one),
            IdempotencyKey::new(b"call-1", b"tag", &other),
        ] {
            assert_ne!(key, different);
        }
        assert_eq!(key.to_hex().len(), 32);
        assert!(!key.to_hex().contains("4155550123"));
    }
}
