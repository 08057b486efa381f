// SPDX-License-Identifier: GPL-2.0-or-later
//! The functions of the table about profiles.

use std::ffi::c_int;

use super::abi::{nol_engine, nol_profile, nol_rc, nol_str};
use super::guard::guard;
use super::handles::Server;
use crate::config::Mode;

pub(super) unsafe extern "C" fn profile(
    engine: *const nol_engine,
    name: nol_str,
    profile: *mut nol_profile,
) -> nol_rc {
    // SAFETY: the handle came from `engine_new`, or is NULL.
    let server = unsafe { engine.cast::<Server>().as_ref() };
    guard(server.map(|server| server.log), || {
        let profiles = &server.ok_or(nol_rc::NOL_BAD_ARGUMENT)?.engine.profiles;
        // SAFETY: the header lends the name for this function.
        let found = profiles.find(unsafe { name.bytes() });
        let config = &profiles.get(found.ok_or(nol_rc::NOL_BAD_ARGUMENT)?).config;
        // SAFETY: the caller owns the place, if there is one.
        if let Some(place) = unsafe { profile.as_mut() } {
            *place = nol_profile {
                is_inline: c_int::from(config.mode == Mode::Inline),
                allow_code: config.options.allow_code.code().into(),
            };
        }
        Ok(())
    })
}

pub(super) unsafe extern "C" fn longest_timeout(engine: *const nol_engine) -> c_int {
    // SAFETY: the handle came from `engine_new`, or is NULL.
    let server = unsafe { engine.cast::<Server>().as_ref() };
    let mut longest = 0;
    guard(server.map(|server| server.log), || {
        let server = server.ok_or(nol_rc::NOL_BAD_ARGUMENT)?;
        let (_, timeout) = server.engine.profiles.timeouts();
        longest = timeout.milliseconds().into();
        Ok(())
    });
    longest
}
