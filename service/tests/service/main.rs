// SPDX-License-Identifier: GPL-2.0-or-later

//! The service over real sockets, in this process and as a process of its own.

mod binary;
mod budgets;
mod connections;
mod decisions;
mod inbound;
mod lookups;
mod lost_answers;
mod peer;
mod process;
mod refusals;
mod reload;
mod signatures;
mod tls;
