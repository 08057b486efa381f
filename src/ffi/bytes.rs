// SPDX-License-Identifier: GPL-2.0-or-later
//! Borrowed bytes from C.

use super::abi::{nol_rc, nol_str};

impl nol_str {
    /// The bytes.
    ///
    /// # Safety
    /// `s` points to `len` bytes that live and stay unchanged for `'a`, or `len` is 0.
    pub(super) unsafe fn bytes<'a>(self) -> &'a [u8] {
        if self.s.is_null() || self.len == 0 {
            return &[];
        }
        // SAFETY: the caller guarantees it, and `s` is not NULL.
        unsafe { std::slice::from_raw_parts(self.s.cast(), self.len) }
    }

    /// The bytes as UTF-8.
    ///
    /// # Safety
    /// As for [`nol_str::bytes`].
    pub(super) unsafe fn text<'a>(self) -> Result<&'a str, nol_rc> {
        // SAFETY: the caller guarantees it.
        let bytes = unsafe { self.bytes() };
        std::str::from_utf8(bytes).map_err(|_| nol_rc::NOL_BAD_PARAMETER)
    }

    /// A view of a text, for C.
    pub(super) fn lend(text: &str) -> Self {
        Self {
            s: text.as_ptr().cast(),
            len: text.len(),
        }
    }
}
