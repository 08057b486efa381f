// SPDX-License-Identifier: GPL-2.0-or-later
//! Patterns as programs for the matcher in `number/src/program.rs`, which documents the instructions.

use std::collections::BTreeMap;
use std::error::Error;

use regex_syntax::hir::{Class, Hir, HirKind, Look};

/// All programs, one behind the other. Offset 0 is the program that matches nothing.
pub(crate) struct Programs {
    pub(crate) code: Vec<u8>,
    known: BTreeMap<(String, Captures), u16>,
}

/// Whether a program says where its groups matched.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Captures {
    Kept,
    Left,
}

impl Programs {
    pub(crate) fn new() -> Self {
        Self {
            code: vec![FAIL],
            known: BTreeMap::new(),
        }
    }

    /// The offset of a program that matches at the start of its input.
    pub(crate) fn prefix(
        &mut self,
        pattern: &str,
        captures: Captures,
    ) -> Result<u16, Box<dyn Error>> {
        if pattern.is_empty() {
            return Ok(0);
        }
        let key = (pattern.to_owned(), captures);
        if let Some(offset) = self.known.get(&key) {
            return Ok(*offset);
        }
        let offset = self.offset()?;
        self.emit(&parse(pattern)?, captures)?;
        self.code.push(MATCH);
        self.known.insert(key, offset);
        Ok(offset)
    }

    /// The offset of a program that matches the whole of its input.
    pub(crate) fn whole(&mut self, pattern: &str) -> Result<u16, Box<dyn Error>> {
        if pattern.is_empty() {
            return Ok(0);
        }
        self.prefix(&format!("(?:{pattern})$"), Captures::Left)
    }

    fn offset(&self) -> Result<u16, Box<dyn Error>> {
        Ok(u16::try_from(self.code.len())?)
    }

    fn emit(&mut self, pattern: &Hir, captures: Captures) -> Result<(), Box<dyn Error>> {
        match pattern.kind() {
            HirKind::Empty => {}
            HirKind::Literal(literal) => {
                for byte in &literal.0 {
                    self.code.push(DIGIT | digit(*byte)?);
                }
            }
            HirKind::Class(class) => match digits(class)? {
                ALL_DIGITS => self.code.push(ANY),
                mask => {
                    self.code.push(CLASS);
                    self.code.extend(mask.to_le_bytes());
                }
            },
            HirKind::Look(Look::End) => self.code.push(END),
            HirKind::Capture(capture) if captures == Captures::Kept => {
                let slot = u8::try_from(capture.index)? * 2;
                self.code.extend([SAVE, slot]);
                self.emit(&capture.sub, captures)?;
                self.code.extend([SAVE, slot + 1]);
            }
            HirKind::Capture(capture) => self.emit(&capture.sub, captures)?,
            HirKind::Concat(parts) => {
                for part in parts {
                    self.emit(part, captures)?;
                }
            }
            HirKind::Alternation(parts) => {
                let mut to_end = Vec::new();
                for (number, part) in parts.iter().enumerate() {
                    if number + 1 == parts.len() {
                        self.emit(part, captures)?;
                        break;
                    }
                    let otherwise = self.jump(SPLIT);
                    self.emit(part, captures)?;
                    to_end.push(self.jump(JUMP));
                    self.lands_here(otherwise)?;
                }
                for jump in to_end {
                    self.lands_here(jump)?;
                }
            }
            HirKind::Repetition(repetition) => {
                let most = repetition.max.ok_or("a pattern without an end")?;
                for _ in 0..repetition.min {
                    self.emit(&repetition.sub, captures)?;
                }
                let mut otherwise = Vec::new();
                for _ in repetition.min..most {
                    otherwise.push(self.jump(SPLIT));
                    self.emit(&repetition.sub, captures)?;
                }
                for jump in otherwise {
                    self.lands_here(jump)?;
                }
            }
            HirKind::Look(look) => return Err(format!("{look:?} in a pattern").into()),
        }
        Ok(())
    }

    /// Writes an instruction whose target is not yet known, and returns the place of the target.
    fn jump(&mut self, instruction: u8) -> usize {
        self.code.extend([instruction, 0, 0]);
        self.code.len() - 2
    }

    fn lands_here(&mut self, place: usize) -> Result<(), Box<dyn Error>> {
        let target = self.offset()?.to_le_bytes();
        self.code[place..place + 2].copy_from_slice(&target);
        Ok(())
    }
}

/// Parses a pattern as the metadata has it: only ASCII digits count.
pub(crate) fn parse(pattern: &str) -> Result<Hir, Box<dyn Error>> {
    let mut parser = regex_syntax::ParserBuilder::new()
        .unicode(false)
        .utf8(false)
        .build();
    Ok(parser.parse(pattern)?)
}

/// All texts that a pattern matches. Meant for patterns of few numbers.
pub(crate) fn words(pattern: &str) -> Result<Vec<String>, Box<dyn Error>> {
    if pattern.is_empty() {
        return Ok(Vec::new());
    }
    words_of(&parse(pattern)?)
}

fn words_of(pattern: &Hir) -> Result<Vec<String>, Box<dyn Error>> {
    match pattern.kind() {
        HirKind::Empty => Ok(vec![String::new()]),
        HirKind::Literal(literal) => Ok(vec![String::from_utf8(literal.0.to_vec())?]),
        HirKind::Class(class) => {
            let set = digits(class)?;
            let members = (0..10).filter(|digit| set >> digit & 1 == 1);
            Ok(members.map(|digit| digit.to_string()).collect())
        }
        HirKind::Capture(capture) => words_of(&capture.sub),
        HirKind::Alternation(parts) => {
            let words: Result<Vec<_>, _> = parts.iter().map(words_of).collect();
            Ok(words?.concat())
        }
        HirKind::Concat(parts) => {
            let mut words = vec![String::new()];
            for part in parts {
                words = continued(&words, &words_of(part)?);
            }
            Ok(words)
        }
        HirKind::Repetition(repetition) => {
            let once = words_of(&repetition.sub)?;
            let most = repetition.max.ok_or("a pattern without an end")?;
            let mut all = Vec::new();
            let mut words = vec![String::new()];
            for count in 0..=most {
                if count >= repetition.min {
                    all.extend_from_slice(&words);
                }
                words = continued(&words, &once);
            }
            Ok(all)
        }
        HirKind::Look(look) => Err(format!("{look:?} in a pattern").into()),
    }
}

/// Each of the texts with each of the ends.
fn continued(texts: &[String], ends: &[String]) -> Vec<String> {
    let with_ends =
        |text: &String| -> Vec<_> { ends.iter().map(|end| text.clone() + end).collect() };
    texts.iter().flat_map(with_ends).collect()
}

/// The digits of a class, as bits.
pub(crate) fn digits(class: &Class) -> Result<u16, Box<dyn Error>> {
    let Class::Bytes(class) = class else {
        return Err("a class of characters that are no bytes".into());
    };
    let mut mask = 0;
    for range in class.ranges() {
        for byte in range.start()..=range.end() {
            mask |= 1 << digit(byte)?;
        }
    }
    Ok(mask)
}

/// The value of a digit.
pub(crate) fn digit(byte: u8) -> Result<u8, Box<dyn Error>> {
    match byte {
        b'0'..=b'9' => Ok(byte - b'0'),
        _ => Err(format!("{:?} in a pattern", char::from(byte)).into()),
    }
}

/// The set of all digits, as bits.
pub(crate) const ALL_DIGITS: u16 = 0x3ff;

const MATCH: u8 = 0;
const END: u8 = 1;
const SAVE: u8 = 2;
const SPLIT: u8 = 3;
const JUMP: u8 = 4;
const CLASS: u8 = 5;
const ANY: u8 = 6;
const FAIL: u8 = 7;
const DIGIT: u8 = 0x10;
