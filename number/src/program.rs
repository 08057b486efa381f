// SPDX-License-Identifier: GPL-2.0-or-later
//! The matcher of patterns: prefixes, national numbers, short numbers.
//!
//! A pattern is a program, tried in the order in which a backtracking engine tries it, because libphonenumber's patterns mean that
//! order. A program has no loop, so it ends. Its instructions:
//!
//! | byte | then | meaning |
//! |---|---|---|
//! | 0 | | the pattern matches |
//! | 1 | | go on at the end of the input only |
//! | 2 | slot | keep the position: start of group n in slot 2n, its end in slot 2n + 1 |
//! | 3 | target (2 bytes, low one first) | go on here, and if that fails at the target |
//! | 4 | target | go on at the target |
//! | 5 | set (2 bytes) | a digit whose bit is set |
//! | 6 | | any digit |
//! | 7 | | fail |
//! | 16 + d | | the digit d |

use crate::table::regions::PROGRAMS;

/// The start of a program.
pub(crate) type Program = u16;

/// A match at the start of an input.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Match {
    end: u8,
    /// Start and end of each group, plus one; 0 if it did not take part.
    slots: [u8; 6],
}

impl Match {
    /// Matches the start of an input of ASCII digits.
    pub(crate) fn at_start(program: Program, digits: &[u8]) -> Option<Self> {
        run(usize::from(program), digits, Self::default())
    }

    /// Digits that the pattern covers.
    pub(crate) fn end(self) -> usize {
        self.end.into()
    }

    /// The part of the input that a group matched.
    pub(crate) fn group(self, group: usize, digits: &[u8]) -> Option<&[u8]> {
        let slot = |slot| usize::from(*self.slots.get(slot).unwrap_or(&0)).checked_sub(1);
        digits.get(slot(group * 2)?..slot(group * 2 + 1)?)
    }
}

/// Whether a pattern that ends with the input matches.
pub(crate) fn matches(program: Program, digits: &[u8]) -> bool {
    Match::at_start(program, digits).is_some()
}

/// Runs a program from one of its instructions.
fn run(mut at: usize, digits: &[u8], mut state: Match) -> Option<Match> {
    loop {
        let next = digits.get(state.end()).map(|digit| digit - b'0');
        let instruction = byte(at)?;
        at += 1;
        let takes = match instruction {
            MATCH => return Some(state),
            END if next.is_none() => continue,
            SAVE => {
                let slot = state.slots.get_mut(usize::from(byte(at)?))?;
                *slot = state.end + 1;
                at += 1;
                continue;
            }
            SPLIT => {
                if let Some(found) = run(at + 2, digits, state) {
                    return Some(found);
                }
                at = word(at)?.into();
                continue;
            }
            JUMP => {
                at = word(at)?.into();
                continue;
            }
            CLASS => {
                let set = word(at)?;
                at += 2;
                next.is_some_and(|digit| set >> digit & 1 == 1)
            }
            ANY => next.is_some(),
            DIGIT.. => next == Some(instruction - DIGIT),
            _ => false,
        };
        if !takes {
            return None;
        }
        state.end += 1;
    }
}

fn byte(at: usize) -> Option<u8> {
    PROGRAMS.get(at).copied()
}

fn word(at: usize) -> Option<u16> {
    Some(u16::from_le_bytes([byte(at)?, byte(at + 1)?]))
}

const MATCH: u8 = 0;
const END: u8 = 1;
const SAVE: u8 = 2;
const SPLIT: u8 = 3;
const JUMP: u8 = 4;
const CLASS: u8 = 5;
const ANY: u8 = 6;
const DIGIT: u8 = 0x10;
