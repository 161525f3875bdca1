//! `peer-whatsapp-rust`: whatsapp-rust as it ships, many numbers in one process.
//!
//! What it does: links numbers, connects them, sends and counts, as JSON lines on stdin say (`../README.md`), with the
//! library's own runtime, transport, HTTP client and SQLite store, built and run as its README does. What it never does:
//! tune the library beyond what pointing it at another service needs.

mod error;
mod fleet;
mod limits;
mod lines;
mod network;
mod number;
mod tally;
mod usage;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, ValueEnum};
use serde_json::json;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::sync::Semaphore;

use crate::error::PeerError;
use crate::fleet::Fleet;
use crate::limits::COMMANDS_MAX;
use crate::lines::Command;
use crate::network::Network;
use crate::number::{Settings, Store};

#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// whatsapp-rust as a peer of Trunkline's benchmarks.
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    /// Address of the WebSocket, `ws://` or `wss://`.
    #[arg(long)]
    url: String,
    /// Accepted and not used: the library learns media hosts from the service.
    #[arg(long)]
    media_host: Option<String>,
    /// Certificate authority to trust besides the public web's, PEM.
    #[arg(long)]
    ca: Option<PathBuf>,
    /// Directory of the numbers' stores.
    #[arg(long)]
    data: PathBuf,
    /// Accepted and not used: this build does not check the service's own certificate chain.
    #[arg(long)]
    root_key: Option<String>,
    /// Where numbers keep their state.
    #[arg(long, value_enum, default_value = "sqlite")]
    store: Store,
    /// Whose TLS settings a connection has.
    #[arg(long, value_enum, default_value = "each")]
    tls: Tls,
}

/// How many TLS configurations, each with its list of root certificates, there are.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Tls {
    /// One for each connection, as the library's transport makes them by itself.
    Each,
    /// One for all.
    Shared,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let store = arguments.store;
    let fleet = match fleet(arguments) {
        Ok(fleet) => Arc::new(fleet),
        Err(error) => {
            // A driver that is gone cannot be told.
            let _ = lines::write(&json!({"event": "failure", "message": error.to_string()}));
            return ExitCode::FAILURE;
        }
    };
    let ready = json!({
        "event": "ready", "peer": "whatsapp-rust", "version": "0.7.0", "store": store.name(), "pid": std::process::id(),
    });
    if lines::write(&ready).is_err() || serve(&fleet).await.is_err() {
        return ExitCode::FAILURE;
    }
    fleet.stop().await;
    ExitCode::SUCCESS
}

fn fleet(arguments: Arguments) -> Result<Fleet, PeerError> {
    std::fs::create_dir_all(&arguments.data).map_err(PeerError::client)?;
    let network = Network::new(arguments.url, arguments.ca.as_deref(), arguments.tls == Tls::Shared)?;
    Ok(Fleet::new(Settings { network, store: arguments.store, data: arguments.data }))
}

/// Reads commands until `stop` or the end of stdin, and runs them side by side.
async fn serve(fleet: &Arc<Fleet>) -> std::io::Result<()> {
    let mut input = BufReader::new(tokio::io::stdin()).lines();
    let room = Arc::new(Semaphore::new(COMMANDS_MAX));
    while let Some(line) = input.next_line().await? {
        if line.trim().is_empty() {
            continue;
        }
        let (id, command) = lines::parse(&line);
        let command = match command {
            Ok(Command::Stop) => return lines::answer(&id, &Ok(json!({}))),
            Ok(command) => command,
            Err(error) => {
                lines::answer(&id, &Err(error))?;
                continue;
            }
        };
        let (fleet, permit) = (fleet.clone(), room.clone().acquire_owned().await);
        tokio::spawn(async move {
            let outcome = fleet.run(command).await;
            drop(permit);
            // Without a driver there is nobody to tell; stdin's end stops the process.
            let _ = lines::answer(&id, &outcome);
        });
    }
    Ok(())
}
