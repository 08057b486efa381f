// SPDX-License-Identifier: GPL-2.0-or-later
//! Advisory fields: what cannot be read is absent.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::text::Text;

/// A field as unparsed JSON: one that cannot be read must not make the rest unreadable.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(transparent)]
pub(super) struct Lenient<'a>(#[serde(borrow)] Option<&'a RawValue>);

impl<'a> Lenient<'a> {
    /// The value, if it is one of this type.
    pub(super) fn read<T: Deserialize<'a>>(self) -> Option<T> {
        serde_json::from_str(self.0?.get()).ok()
    }

    /// The text, if it is allowed in a header and a log line; else the empty text.
    pub(super) fn text<const N: usize>(self) -> Text<N> {
        self.read().unwrap_or_default()
    }

    /// The text, if it is one of these; else the empty text.
    pub(super) fn one_of<const N: usize>(self, known: &[&str]) -> Text<N> {
        let text: Text<N> = self.text();
        if known.contains(&text.as_str()) {
            text
        } else {
            Text::EMPTY
        }
    }
}
