// SPDX-License-Identifier: GPL-2.0-or-later
//! An answer in few bytes.

use std::fmt;

use super::Answer;
use crate::decision::{Advice, SipReply, Treatment};
use crate::text::Text;

/// An answer in at most `ROOM` bytes, the same bytes on every machine: flags, score, code (big-endian), eight lengths, and
/// the texts one after the other.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Packed<const ROOM: usize> {
    len: usize,
    bytes: [u8; ROOM],
}

impl<const ROOM: usize> Packed<ROOM> {
    /// The same bytes as words.
    pub(crate) const WORDS: usize = ROOM / 8;

    /// Packs an answer; `None` if it is too long.
    #[must_use]
    pub fn new(answer: &Answer) -> Option<Self> {
        // Destructured, so that a new field is a compile error here.
        let Answer {
            treatment,
            reply: SipReply { code, phrase },
            reason,
            advice:
                Advice {
                    valid,
                    spam_score,
                    risk_level,
                    line_type,
                    verstat,
                    dnc,
                    reassigned,
                    receipt,
                    balance_low,
                },
        } = answer;
        let texts = [
            phrase.as_str(),
            reason.as_str(),
            risk_level.as_str(),
            line_type.as_str(),
            verstat.as_str(),
            dnc.as_str(),
            reassigned.as_str(),
            receipt.as_str(),
        ];
        let mut bytes = [0; ROOM];
        let (head, mut rest) = bytes.split_first_chunk_mut::<HEAD>()?;
        let (fixed, lengths) = head.split_at_mut(FIXED);
        let [high, low] = code.to_be_bytes();
        let flags = *treatment as u8 | maybe(*valid) << 2 | maybe(*balance_low) << 4;
        // The API's scores start at 1.
        fixed.copy_from_slice(&[flags, spam_score.unwrap_or(0), high, low]);
        let mut len = HEAD;
        for (length, text) in lengths.iter_mut().zip(texts) {
            let place;
            (place, rest) = rest.split_at_mut_checked(text.len())?;
            place.copy_from_slice(text.as_bytes());
            *length = u8::try_from(text.len()).ok()?;
            len += text.len();
        }
        Some(Self { len, bytes })
    }

    /// Takes bytes; `None` if they are too many. [`Packed::answer`] checks what they are.
    #[must_use]
    pub fn from_bytes(packed: &[u8]) -> Option<Self> {
        let mut bytes = [0; ROOM];
        bytes.get_mut(..packed.len())?.copy_from_slice(packed);
        Some(Self {
            len: packed.len(),
            bytes,
        })
    }

    /// Takes the bytes of [`Packed::words`]. A length that is too large is reduced to the room.
    pub(crate) fn from_words(len: usize, words: impl Iterator<Item = u64>) -> Self {
        let len = len.min(ROOM);
        let mut bytes = [0; ROOM];
        for (to, word) in bytes.chunks_exact_mut(8).take(len.div_ceil(8)).zip(words) {
            to.copy_from_slice(&word.to_le_bytes());
        }
        Self { len, bytes }
    }

    /// The bytes in words, zeros behind the last one.
    pub(crate) fn words(&self) -> impl Iterator<Item = u64> {
        let (words, _) = self.bytes.as_chunks();
        let used = self.len.div_ceil(8);
        words
            .iter()
            .take(used)
            .map(|word| u64::from_le_bytes(*word))
    }

    /// How many bytes.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    /// The answer; `None` if these are not the bytes of one.
    #[must_use]
    pub fn answer(&self) -> Option<Answer> {
        let (head, texts) = self.as_bytes().split_first_chunk::<HEAD>()?;
        let [flags, spam_score, high, low, lengths @ ..] = head;
        let mut texts = Texts {
            lengths: lengths.iter(),
            rest: std::str::from_utf8(texts).ok()?,
        };
        let answer = Answer {
            treatment: match flags & 3 {
                0 => Treatment::Allow,
                1 => Treatment::Flag,
                2 => Treatment::Redirect,
                _ => Treatment::Block,
            },
            reply: SipReply {
                code: u16::from_be_bytes([*high, *low]),
                phrase: texts.next()?,
            },
            reason: texts.next()?,
            advice: Advice {
                valid: unmaybe(flags >> 2),
                spam_score: (*spam_score != 0).then_some(*spam_score),
                risk_level: texts.next()?,
                line_type: texts.next()?,
                verstat: texts.next()?,
                dnc: texts.next()?,
                reassigned: texts.next()?,
                receipt: texts.next()?,
                balance_low: unmaybe(flags >> 4),
            },
        };
        texts.rest.is_empty().then_some(answer)
    }
}

impl<const ROOM: usize> fmt::Debug for Packed<ROOM> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.answer(), f)
    }
}

/// The texts of a packed answer, one after the other.
struct Texts<'a> {
    lengths: std::slice::Iter<'a, u8>,
    rest: &'a str,
}

impl Texts<'_> {
    fn next<const N: usize>(&mut self) -> Option<Text<N>> {
        let length = *self.lengths.next()?;
        let (text, rest) = self.rest.split_at_checked(length.into())?;
        self.rest = rest;
        Text::new(text)
    }
}

fn maybe(value: Option<bool>) -> u8 {
    value.map_or(0, |value| 1 + u8::from(value))
}

fn unmaybe(bits: u8) -> Option<bool> {
    match bits & 3 {
        1 => Some(false),
        2 => Some(true),
        _ => None,
    }
}

/// Bytes of flags, score and code.
const FIXED: usize = 4;

/// Those, and the lengths of the texts.
const HEAD: usize = FIXED + 8;

// `Treatment` fits into two bits.
const _: () = assert!(
    Treatment::Allow as u8 == 0
        && Treatment::Flag as u8 == 1
        && Treatment::Redirect as u8 == 2
        && Treatment::Block as u8 == 3
);

#[cfg(test)]
mod tests;
