// SPDX-License-Identifier: GPL-2.0-or-later
//! What `number/generator` makes.

#[allow(clippy::unreadable_literal, reason = "generated")]
pub(crate) mod regions;
