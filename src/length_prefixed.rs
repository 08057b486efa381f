// SPDX-License-Identifier: GPL-2.0-or-later
//! Several values hashed as one.

/// Feeds a hash with each part, preceded by its length. So ("ab", "c") and ("a", "bc") differ.
pub(crate) fn update<'a>(parts: impl IntoIterator<Item = &'a [u8]>, mut update: impl FnMut(&[u8])) {
    for part in parts {
        update(&part.len().to_be_bytes());
        update(part);
    }
}
