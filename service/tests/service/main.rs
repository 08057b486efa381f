// SPDX-License-Identifier: GPL-2.0-or-later

//! The service over real sockets, in this process and as a process of its own.

mod budgets;
mod decisions;
mod peer;
mod process;
mod refusals;
mod tls;
