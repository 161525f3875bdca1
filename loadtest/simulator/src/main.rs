//! `trunkline-simulator`: the simulated service as a process.
//!
//! Prints one JSON line with its endpoints and serves until SIGTERM or SIGINT.

use std::error::Error;
use std::io::Write;
use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;
use trunkline_simulator::{Endpoints, OfflineMode, Simulator, SimulatorConfig};

/// A simulated WhatsApp service.
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    /// Address to listen on.
    #[arg(long, default_value = "127.0.0.1")]
    listen: IpAddr,
    /// Port of plain WebSocket; 0 for any.
    #[arg(long, default_value_t = 0)]
    ws_port: u16,
    /// Port of WebSocket over TLS and of media; 0 for any.
    #[arg(long, default_value_t = 0)]
    wss_port: u16,
    /// Port of the control interface; 0 for any.
    #[arg(long, default_value_t = 0)]
    control_port: u16,
    /// How a device that comes back gets its backlog.
    #[arg(long, value_enum, default_value = "push")]
    offline: Offline,
    /// Root of accounts' names and keys.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Tell new companions that chats are addressed by LID.
    #[arg(long)]
    lid_migrated: bool,
    /// Threads that serve connections.
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Where to write the CA certificate (PEM).
    #[arg(long)]
    ca_out: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Offline {
    Push,
    Pull,
}

fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn")))
        .with_writer(std::io::stderr)
        .init();
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(run(arguments))
}

async fn run(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let simulator = Simulator::start(SimulatorConfig {
        listen: arguments.listen,
        ws_port: arguments.ws_port,
        wss_port: arguments.wss_port,
        control_port: arguments.control_port,
        offline: match arguments.offline {
            Offline::Push => OfflineMode::Push,
            Offline::Pull => OfflineMode::Pull,
        },
        seed: arguments.seed,
        lid_migrated: arguments.lid_migrated,
        threads: arguments.threads,
    })
    .await?;
    if let Some(path) = &arguments.ca_out {
        std::fs::write(path, &simulator.endpoints().ca_pem)?;
    }
    announce(simulator.endpoints(), arguments.ca_out.as_deref())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    simulator.stop().await;
    Ok(())
}

fn announce(endpoints: &Endpoints, ca: Option<&std::path::Path>) -> std::io::Result<()> {
    let line = json!({
        "ws_url": endpoints.ws_url,
        "wss_url": endpoints.wss_url,
        "control_url": endpoints.control_url,
        "media_host": endpoints.media_host,
        "root_public_key": hex::encode(endpoints.root_public_key),
        "ca": ca,
    });
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}
