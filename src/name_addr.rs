// SPDX-License-Identifier: GPL-2.0-or-later
//! Addresses in headers: a URI, alone or in angle brackets behind a display name, with parameters (RFC 3261 `name-addr`,
//! `addr-spec`).

/// One value, with its parameters.
#[derive(Clone, Copy, Debug)]
pub struct Value<'a>(&'a [u8]);

/// The values of a header, which commas separate.
pub fn values(body: &[u8]) -> impl Iterator<Item = Value<'_>> {
    Parts::of(body, b',').map(Value)
}

impl<'a> Value<'a> {
    /// The whole body of a header that has one value.
    #[must_use]
    pub fn only(body: &'a [u8]) -> Self {
        Self(body)
    }

    /// The URI. Without angle brackets, the parameters of the value are part of it.
    #[must_use]
    pub fn uri(&self) -> &'a [u8] {
        let start = match find(self.0, b'<') {
            Found::At(at) => Some(at),
            Found::Nowhere => None,
            Found::Unclosed(opened_at) => self
                .0
                .get(opened_at..)
                .and_then(|behind| memchr::memchr(b'<', behind))
                .map(|at| opened_at + at),
        };
        let Some(start) = start else {
            return self.0.trim_ascii();
        };
        let inside = self.0.get(start + 1..).unwrap_or_default();
        let end = memchr::memchr(b'>', inside).unwrap_or(inside.len());
        inside.get(..end).unwrap_or_default().trim_ascii()
    }

    /// The values of all parameters of a name, which is in small letters, without quotes around them.
    pub fn parameters(&self, name: &'static [u8]) -> impl Iterator<Item = &'a [u8]> {
        // Most values have no such letter, and need not be taken apart.
        let letter = name.first().copied().unwrap_or_default();
        let capital = letter.to_ascii_uppercase();
        let text = memchr::memchr2(letter, capital, self.0).map(|_| self.0);
        let parameters = text
            .into_iter()
            .flat_map(|text| Parts::of(text, b';').skip(1));
        parameters.filter_map(move |parameter| named(parameter, name))
    }
}

/// The parts of a text between separators that stand outside of quotes and angle brackets. Each byte is looked at twice at most.
#[derive(Clone, Debug)]
struct Parts<'a> {
    rest: Option<&'a [u8]>,
    separator: u8,
    /// A quote or a bracket was never closed. Every separator behind it counts.
    is_plain: bool,
}

impl<'a> Parts<'a> {
    fn of(text: &'a [u8], separator: u8) -> Self {
        Self {
            rest: Some(text),
            separator,
            is_plain: false,
        }
    }

    fn end(&mut self, text: &[u8]) -> Option<usize> {
        if self.is_plain {
            return memchr::memchr(self.separator, text);
        }
        match find(text, self.separator) {
            Found::At(at) => Some(at),
            Found::Nowhere => None,
            Found::Unclosed(opened_at) => {
                self.is_plain = true;
                let behind = text.get(opened_at..)?;
                Some(opened_at + memchr::memchr(self.separator, behind)?)
            }
        }
    }
}

impl<'a> Iterator for Parts<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let text = self.rest.take()?;
        let Some(end) = self.end(text) else {
            return Some(text);
        };
        self.rest = text.get(end + 1..);
        text.get(..end)
    }
}

/// The value of a parameter without quotes around it, if the parameter has this name.
#[must_use]
pub fn named<'a>(parameter: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let mut parts = parameter.splitn(2, |byte| *byte == b'=');
    let is_wanted = parts.next()?.trim_ascii().eq_ignore_ascii_case(name);
    let value = parts.next().filter(|_| is_wanted).map(<[u8]>::trim_ascii)?;
    let inside = value.strip_prefix(b"\"").unwrap_or(value);
    Some(inside.strip_suffix(b"\"").unwrap_or(inside))
}

/// Where a byte stands outside of quotes and angle brackets.
enum Found {
    At(usize),
    Nowhere,
    /// Nowhere before the quote or bracket here, which is never closed.
    Unclosed(usize),
}

fn find(text: &[u8], wanted: u8) -> Found {
    let mut closing = None;
    let mut opened_at = 0;
    let mut bytes = text.iter().copied().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match closing {
            Some(b'"') if byte == b'\\' => drop(bytes.next()),
            Some(close) if byte == close => closing = None,
            None if byte == wanted => return Found::At(at),
            None if byte == b'"' => (closing, opened_at) = (Some(b'"'), at),
            None if byte == b'<' => (closing, opened_at) = (Some(b'>'), at),
            Some(_) | None => {}
        }
    }
    closing.map_or(Found::Nowhere, |_| Found::Unclosed(opened_at))
}

#[cfg(test)]
mod tests;
