// SPDX-License-Identifier: GPL-2.0-or-later

//! The binary: reads the command line, serves until SIGTERM or SIGINT.

#![forbid(unsafe_code)]

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use numbers_online_service::options::Options;
use numbers_online_service::server::Service;
use numbers_online_service::start_error::StartError;
use tokio::signal::unix::{SignalKind, signal};
use tracing::info;

fn main() -> ExitCode {
    let options = Options::parse();
    // The records of the log crate stay out: there the number library writes numbers in full.
    tracing_subscriber::fmt()
        .with_max_level(options.log_level())
        .with_writer(io::stderr)
        .with_ansi(false)
        .init();
    match run(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // With standard error gone as well, the exit code is all that is left to say.
            let _ = writeln!(io::stderr(), "numbers-online-service: {error}");
            ExitCode::from(if error.is::<StartError>() {
                CANNOT_START
            } else {
                FAILED
            })
        }
    }
}

#[tokio::main]
async fn run(options: Options) -> Result<(), Box<dyn Error>> {
    // Before the first line on standard output: whoever reads it may already send a signal.
    let (mut terminate, mut interrupt) = (
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
    );
    let service = Service::start(options.config()?).await?;
    announce(&service)?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    info!("stopping");
    service.stop().await;
    Ok(())
}

/// One line a listener, for the program that started this one.
fn announce(service: &Service) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for (scheme, address) in service.listening() {
        writeln!(out, "listening {scheme} {address}")?;
    }
    out.flush()
}

/// The command line, a file or an address must be repaired. clap exits with it, too.
const CANNOT_START: u8 = 2;
const FAILED: u8 = 1;
