// SPDX-License-Identifier: GPL-2.0-or-later
//! The function of the table about replies of other networks.

use super::abi::{nol_blocked, nol_rc, nol_str};
use super::guard::guard;
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
