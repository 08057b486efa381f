// SPDX-License-Identifier: GPL-2.0-or-later
//! The parameters of a server that sets none.

use super::Given;

impl Default for Given {
    fn default() -> Self {
        // Made from NOL_PARAMS of c_shim/numbers_online.h.
        include!(concat!(env!("OUT_DIR"), "/defaults.rs"))
    }
}
