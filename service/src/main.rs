// SPDX-License-Identifier: GPL-2.0-or-later

//! The binary: reads the command line, serves until SIGTERM or SIGINT, reloads files at SIGHUP.

#![forbid(unsafe_code)]

use std::error::Error;
use std::future::pending;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use numbers_online_service::open_files;
use numbers_online_service::options::Options;
use numbers_online_service::reload::reload;
use numbers_online_service::server::Service;
use numbers_online_service::start_error::StartError;
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::spawn_blocking;
use tracing::info;

fn main() -> ExitCode {
    let options = Options::parse();
    // No records of the log crate: the number library writes whole numbers there.
    tracing_subscriber::fmt()
        .with_max_level(options.log_level())
        .with_writer(io::stderr)
        .with_ansi(false)
        .init();
    match run(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // If standard error is closed, only the exit code remains.
            let _ = writeln!(io::stderr(), "numbers-online-service: {error}");
            ExitCode::from(if error.is::<StartError>() {
                CANNOT_START
            } else {
                FAILED
            })
        }
    }
}

fn run(options: Options) -> Result<(), Box<dyn Error>> {
    let runtime = Runtime::new()?;
    let outcome = runtime.block_on(serve(Arc::new(options)));
    // A file that a reload reads may be on a file system that does not answer.
    runtime.shutdown_background();
    outcome
}

async fn serve(options: Arc<Options>) -> Result<(), Box<dyn Error>> {
    // Before the first line on standard output: its reader may send a signal at once.
    let mut hang_up = signal(SignalKind::hangup())?;
    let (mut terminate, mut interrupt) = (
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
    );
    let config = options.config(open_files::raise_limit())?;
    let service = Service::start(config).await?;
    announce(&service)?;
    let files = service.files();
    let reloading = async {
        while hang_up.recv().await.is_some() {
            let (options, files) = (Arc::clone(&options), Arc::clone(&files));
            // If it panics, the old content stays in force, and the panic was logged.
            let _ = spawn_blocking(move || reload(&options, &files)).await;
        }
        pending::<()>().await;
    };
    tokio::select! {
        () = reloading => {}
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    info!("stopping");
    tokio::select! {
        () = service.stop() => {}
        _ = terminate.recv() => info!("second signal: requests in progress are not awaited"),
        _ = interrupt.recv() => info!("second signal: requests in progress are not awaited"),
    }
    Ok(())
}

/// Prints one line per listener, for the program that started this one.
fn announce(service: &Service) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for (scheme, address) in service.listening() {
        writeln!(out, "listening {scheme} {address}")?;
    }
    out.flush()
}

/// The command line, a file or an address must be repaired. clap uses the same code.
const CANNOT_START: u8 = 2;
const FAILED: u8 = 1;
