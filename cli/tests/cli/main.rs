// SPDX-License-Identifier: GPL-2.0-or-later

//! The program, with files and a simulated API.

mod configuration;
mod decide;
mod doctor;
#[path = "../program/mod.rs"]
mod program;
mod run;
mod usage;
mod verify;
