// SPDX-License-Identifier: GPL-2.0-or-later
//! `Feature-Caps`: what the caller understands (RFC 6809).

use crate::parts::Parts;
use crate::sip_header::{HeaderName, Headers};

/// Whether the caller understands a 608: `Feature-Caps: *;+sip.608` (RFC 8688).
#[must_use]
pub(crate) fn understands_608(headers: &Headers<'_>) -> bool {
    headers.bodies(HeaderName::FeatureCaps).any(|body| {
        Parts::new(body, b',').any(|value| {
            let mut parts = Parts::new(value, b';');
            parts.next() == Some(b"*") && parts.any(|part| part.eq_ignore_ascii_case(b"+sip.608"))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::understands_608;
    use crate::sip_header::Headers;

    #[test]
    fn only_the_capability_itself_counts() {
        for (lines, wanted) in [
            ("Feature-Caps: *;+sip.608\r\n", true),
            ("feature-caps : * ; +SIP.608\r\n", true),
            ("Feature-Caps: *;+g.3gpp.icsi;+sip.608\r\n", true),
            ("Feature-Caps: *;+x=\"1\",*;+sip.608\r\n", true),
            (
                "Feature-Caps: *;+x\r\nFeature-Caps:\r\n *;+sip.608\r\n",
                true,
            ),
            ("Feature-Caps: *;+x=\"a,b;c\";+sip.608\r\n", true),
            ("Feature-Caps: *;+x=\"a,*;+sip.608\"\r\n", false),
            ("", false),
            ("Feature-Caps: *\r\n", false),
            ("Feature-Caps: +sip.608\r\n", false),
            ("Feature-Caps: *;sip.608\r\n", false),
            ("Feature-Caps: *;+sip.6080\r\n", false),
            ("Feature-Caps: *;+sip.608=\"FALSE\"\r\n", false),
            ("Feature-Caps: x;+sip.608\r\n", false),
            ("Privacy: *;+sip.608\r\n", false),
            ("X: y\r\n\r\nFeature-Caps: *;+sip.608\r\n", false),
        ] {
            let headers = Headers::read(lines.as_bytes());
            assert_eq!(understands_608(&headers), wanted, "{lines:?}");
        }
    }
}
