// SPDX-License-Identifier: GPL-2.0-or-later
//! Ports in URLs and URIs.

/// A port to which one can connect: digits, 1..65535.
pub(super) fn read(text: &str) -> Option<u16> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let port = text.parse().ok().filter(|_| is_number);
    port.filter(|port| *port != 0)
}

/// Whether a text is such a port.
pub(super) fn is_port(text: &str) -> bool {
    read(text).is_some()
}
