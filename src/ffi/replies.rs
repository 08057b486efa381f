// SPDX-License-Identifier: GPL-2.0-or-later
//! The functions of the table about replies.

use std::ffi::c_int;

use super::abi::{nol_blocked, nol_rc, nol_str};
use super::guard::guard;
use crate::config;
use crate::network_blocked::NetworkBlocked;

pub(super) unsafe extern "C" fn network_blocked(
    message: nol_str,
    blocked: *mut nol_blocked,
) -> nol_rc {
    // SAFETY: the caller owns the place.
    let place = unsafe { blocked.as_mut() };
    // SAFETY: the header lends the message for this function, and its parts for as long as the message lives.
    let message = unsafe { message.bytes() };
    guard(None, || {
        let place = place.ok_or(nol_rc::NOL_BAD_ARGUMENT)?;
        let found = NetworkBlocked::parse(message).ok_or(nol_rc::NOL_BAD_ARGUMENT)?;
        *place = nol_blocked {
            nb_url: nol_str::lend(found.url),
            nb_tel: nol_str::lend(found.tel),
            nb_email: nol_str::lend(found.email),
            nb_id: nol_str::lend(found.id),
            nb_location: nol_str::lend(found.location),
        };
        Ok(())
    })
}

pub(super) unsafe extern "C" fn is_contact(uri: nol_str) -> c_int {
    // SAFETY: the header lends the text for this function.
    let uri = unsafe { uri.text() };
    let mut is_contact = false;
    guard(None, || {
        is_contact = config::is_contact(uri?);
        Ok(())
    });
    is_contact.into()
}
