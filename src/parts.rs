// SPDX-License-Identifier: GPL-2.0-or-later
//! Values and parameters of a header.

/// The parts of a text between separators that are not in a quoted string, without the white space around them.
pub(crate) struct Parts<'a> {
    rest: Option<&'a [u8]>,
    separator: u8,
}

impl<'a> Parts<'a> {
    pub(crate) fn new(text: &'a [u8], separator: u8) -> Self {
        Self {
            rest: Some(text),
            separator,
        }
    }
}

impl<'a> Iterator for Parts<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let text = self.rest?;
        let (mut quoted, mut escaped) = (false, false);
        let end = text.iter().position(|byte| {
            let is_end = *byte == self.separator && !quoted;
            quoted ^= *byte == b'"' && !escaped;
            escaped = *byte == b'\\' && quoted && !escaped;
            is_end
        });
        self.rest = end.and_then(|end| text.get(end + 1..));
        text.get(..end.unwrap_or(text.len()))
            .map(<[u8]>::trim_ascii)
    }
}

#[cfg(test)]
mod tests {
    use super::Parts;

    #[test]
    fn a_separator_in_a_quoted_string_separates_nothing() {
        for (text, wanted) in [
            ("a, b ,c", vec!["a", "b", "c"]),
            ("", vec![""]),
            (",", vec!["", ""]),
            ("a=\"b,c\",d", vec!["a=\"b,c\"", "d"]),
            ("\"a\\\",b\",c", vec!["\"a\\\",b\"", "c"]),
            ("\"a\\\\\",b", vec!["\"a\\\\\"", "b"]),
            ("\"a,b", vec!["\"a,b"]),
            ("a\r\n ,b", vec!["a", "b"]),
        ] {
            let parts = Parts::new(text.as_bytes(), b',');
            let parts: Vec<_> = parts.map(String::from_utf8_lossy).collect();
            assert_eq!(parts, wanted, "{text:?}");
        }
    }
}
