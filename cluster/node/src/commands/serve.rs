//! `trunkline serve`: runs a node until a signal ends it.

use std::sync::Arc;

use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{MissedTickBehavior, interval};
use trunkline_engine::{Engine, Fatal};
use trunkline_model::Scope;
use trunkline_model::id::ROOT_ACCOUNT;

use crate::config::{self, FileFlag, SettingFlags, Settings};
use crate::console::{draw, remark, say};
use crate::exit::Exit;
use crate::limits::UPKEEP_EVERY;
use crate::mail::SmtpMailer;
use crate::node::{Node, end_process, start_engine};
use crate::{log, memory, metrics, open_files};

/// Arguments of `trunkline serve`.
#[derive(Debug, clap::Args)]
pub struct ServeArgs {
    #[command(flatten)]
    file: FileFlag,
    /// Check the configuration, print it, and start nothing
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    settings: SettingFlags,
}

/// Runs the command.
pub fn run(args: &ServeArgs) -> Exit {
    let effective = match config::load_or_tell(args.file.config.as_deref(), &args.settings) {
        Ok(effective) => effective,
        Err(exit) => return exit,
    };
    if args.check {
        draw(&config::toml(&effective.shown));
        return Exit::Success;
    }
    log::start(&effective.settings.log);
    match serve(&effective.settings) {
        Ok(exit) => exit,
        Err(Failed { exit, message }) => {
            remark(format_args!("trunkline cannot run: {message}"));
            exit
        }
    }
}

/// Why a node did not start.
struct Failed {
    exit: Exit,
    message: String,
}

impl Failed {
    fn unavailable(error: impl ToString) -> Failed {
        Failed { exit: Exit::Unavailable, message: error.to_string() }
    }
}

fn serve(settings: &Settings) -> Result<Exit, Failed> {
    if let Some(warning) = open_files::raise() {
        tracing::warn!("{warning}");
    }
    let recorder = metrics::install().map_err(Failed::unavailable)?;
    let runtime = Builder::new_current_thread().enable_all().build().map_err(Failed::unavailable)?;
    let signals = runtime.block_on(async { Signals::listen() }).map_err(Failed::unavailable)?;
    let engine = start_engine(settings).map_err(|error| Failed {
        exit: Exit::of_engine(&error),
        message: open_files::explain(&error, settings.shards),
    })?;
    if let Some(mail) = &settings.mail {
        engine.mail_through(Arc::new(SmtpMailer::new(mail).map_err(Failed::unavailable)?));
    }
    if settings.sign_up {
        engine.open_sign_up();
    }
    let opened = match show_root_key(&engine, &runtime) {
        Ok(()) => Node::open(settings, engine.clone(), recorder.clone()).map_err(Failed::unavailable),
        Err(failed) => Err(failed),
    };
    let node = match opened {
        Ok(node) => node,
        Err(failed) => {
            runtime.block_on(engine.shutdown());
            return Err(failed);
        }
    };
    drop(engine);
    say(format_args!("trunkline listens on http://{}", node.address()));
    let upkeep = || {
        recorder.run_upkeep();
        memory::give_back();
    };
    Ok(runtime.block_on(until_stopped(node, signals, upkeep)))
}

/// On a first start, makes a key that may do everything and shows it: once, and never in the log.
fn show_root_key(engine: &Engine, runtime: &Runtime) -> Result<(), Failed> {
    if !engine.has_no_keys() {
        return Ok(());
    }
    let made = runtime.block_on(engine.create_key(ROOT_ACCOUNT, "root", &[Scope::All]));
    let (_, key) = made.map_err(|failure| Failed::unavailable(failure.detail))?;
    say("This is a first start. The root API key, shown only this once:");
    say(format_args!("  {}", key.0));
    Ok(())
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn listen() -> std::io::Result<Signals> {
        Ok(Signals {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}

async fn until_stopped(node: Node, mut signals: Signals, upkeep: impl Fn()) -> Exit {
    let mut upkeep_due = interval(UPKEEP_EVERY);
    upkeep_due.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let name = loop {
        tokio::select! {
            name = signals.next() => break name,
            () = node.front_ended() => end_process(Fatal::CriticalTask { name: "front" }),
            _ = upkeep_due.tick() => upkeep(),
        }
    };
    tracing::info!(signal = name, "stopping; a second signal cuts it short");
    tokio::select! {
        () = node.stop() => Exit::Success,
        name = signals.next() => {
            tracing::warn!(signal = name, "cut short");
            Exit::Interrupted
        }
    }
}
