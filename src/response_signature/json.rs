// SPDX-License-Identifier: GPL-2.0-or-later
//! JSON whose members keep the order in which they came, and its canonical text.

use std::cmp::Ordering;
use std::fmt;

use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::Unverified;
use super::number;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Json {
    Null,
    Bool(bool),
    /// As `JSON.stringify` writes it.
    Number(String),
    Text(String),
    Array(Vec<Json>),
    Object(Vec<Member>),
}

/// A member of an object.
pub(super) type Member = (String, Json);

/// How the members of nested objects are ordered. Those of the outermost object stay as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Received,
    Sorted,
}

impl Json {
    /// Reads a whole text.
    pub(super) fn read(text: &[u8]) -> Result<Self, Unverified> {
        let raw: &RawValue = serde_json::from_slice(text).map_err(|_| Unverified::NotJson)?;
        Self::of(raw, MAX_DEPTH)
    }

    /// Each level is scanned once for each level above it, so the depth limits the time.
    fn of(raw: &RawValue, depth: usize) -> Result<Self, Unverified> {
        let text = raw.get().trim_ascii();
        let mut from = serde_json::Deserializer::from_str(text);
        let read = |raws: Vec<&RawValue>| -> Result<Vec<Self>, Unverified> {
            let depth = depth.checked_sub(1).ok_or(Unverified::NotJson)?;
            raws.into_iter().map(|raw| Self::of(raw, depth)).collect()
        };
        match text.as_bytes().first() {
            Some(b'{') => {
                let members = from.deserialize_map(Members);
                let members = members.map_err(|_| Unverified::NotJson)?;
                let (names, values): (Vec<_>, Vec<_>) = members.into_iter().unzip();
                are_distinct(&names)?;
                let values = read(values)?;
                Ok(Self::Object(names.into_iter().zip(values).collect()))
            }
            Some(b'[') => {
                let values = from.deserialize_seq(Values);
                Ok(Self::Array(read(values.map_err(|_| Unverified::NotJson)?)?))
            }
            Some(b'"') => {
                let text = serde_json::from_str(text);
                text.map(Self::Text).map_err(|_| Unverified::NotJson)
            }
            Some(b't') => Ok(Self::Bool(true)),
            Some(b'f') => Ok(Self::Bool(false)),
            Some(b'n') => Ok(Self::Null),
            _ => {
                // Readers differ about a number that is written in another way: some drop it.
                let number = number::canonical(text).ok_or(Unverified::NotJson)?;
                let is_canonical = number == text;
                is_canonical
                    .then_some(Self::Number(number))
                    .ok_or(Unverified::OtherNumber)
            }
        }
    }

    /// The text that is signed: no white space, and no escapes but those that JSON demands.
    pub(super) fn canonical(&self, order: Order) -> String {
        let mut text = String::new();
        self.write(order, &mut text);
        text
    }

    fn write(&self, order: Order, to: &mut String) {
        match self {
            Self::Null => to.push_str("null"),
            Self::Bool(true) => to.push_str("true"),
            Self::Bool(false) => to.push_str("false"),
            Self::Number(number) => to.push_str(number),
            Self::Text(text) => quote(text, to),
            Self::Array(values) => {
                to.push('[');
                for (place, value) in values.iter().enumerate() {
                    separate(place, to);
                    value.write_inner(order, to);
                }
                to.push(']');
            }
            Self::Object(members) => {
                to.push('{');
                for (place, (name, value)) in members.iter().enumerate() {
                    separate(place, to);
                    quote(name, to);
                    to.push(':');
                    value.write_inner(order, to);
                }
                to.push('}');
            }
        }
    }

    fn write_inner(&self, order: Order, to: &mut String) {
        match self {
            Self::Object(members) if order == Order::Sorted => {
                let mut members = members.clone();
                sort(&mut members);
                Self::Object(members).write(order, to);
            }
            value => value.write(order, to),
        }
    }
}

/// Sorts members by name.
pub(super) fn sort(members: &mut [Member]) {
    members.sort_by(|(one, _), (other, _)| compare(one, other));
}

/// ECMAScript compares UTF-16 code units. Rust compares code points, which differs beyond U+D7FF.
fn compare(one: &str, other: &str) -> Ordering {
    one.encode_utf16().cmp(other.encode_utf16())
}

fn are_distinct(names: &[String]) -> Result<(), Unverified> {
    let mut sorted: Vec<_> = names.iter().collect();
    sorted.sort_unstable();
    if sorted.is_sorted_by(|one, other| one < other) {
        Ok(())
    } else {
        Err(Unverified::DuplicateName)
    }
}

fn separate(place: usize, to: &mut String) {
    if place > 0 {
        to.push(',');
    }
}

/// As `JSON.stringify` does: it escapes quotes, backslashes and control characters.
fn quote(text: &str, to: &mut String) {
    // A text can always be written.
    to.push_str(&serde_json::to_string(text).unwrap_or_default());
}

/// Reads the members of one object, and leaves their values unread.
struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Vec<(String, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut read = Vec::new();
        while let Some(member) = members.next_entry()? {
            read.push(member);
        }
        Ok(read)
    }
}

/// Reads the values of one array, and leaves them unread.
struct Values;

impl<'de> Visitor<'de> for Values {
    type Value = Vec<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Self::Value, A::Error> {
        let mut read = Vec::new();
        while let Some(value) = values.next_element()? {
            read.push(value);
        }
        Ok(read)
    }
}

/// How many levels of arrays and objects may lie in each other. An answer has two.
const MAX_DEPTH: usize = 16;
