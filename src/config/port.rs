// SPDX-License-Identifier: GPL-2.0-or-later
//! Ports in URLs and URIs.

/// Whether a text is a port to which one can connect: digits, 1..65535.
pub(super) fn is_port(text: &str) -> bool {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    is_number && text.parse::<u16>().is_ok_and(|port| port != 0)
}
