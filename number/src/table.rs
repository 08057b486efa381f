// SPDX-License-Identifier: GPL-2.0-or-later
//! What `number/generator` makes.

pub(crate) mod regions;
