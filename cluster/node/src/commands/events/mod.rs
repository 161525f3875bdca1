//! `trunkline events tail`: shows what happens to the numbers of a running server, as it happens.

mod line;
mod tail;

use jiff::Timestamp;

use self::line::{Colours, line};
use self::tail::{Start, Tail};
use super::server::{self, ServerFlags};
use crate::client::ApiError;
use crate::console::{go_on_saying, has_colours, remark};
use crate::exit::Exit;

/// Arguments of `trunkline events`.
#[derive(Debug, clap::Args)]
pub struct EventsArgs {
    #[command(subcommand)]
    command: EventsCommand,
}

#[derive(Debug, clap::Subcommand)]
enum EventsCommand {
    /// Show events as they happen, until it is interrupted; the key needs the scope `events:read`
    Tail(TailArgs),
}

#[derive(Debug, clap::Args)]
struct TailArgs {
    /// Only of this instance: its id or name (a name needs the scope `instances:read` as well)
    #[arg(long)]
    instance: Option<String>,
    /// Begin with the events of this time, as in 2026-01-31T09:30:00Z; otherwise with what happens from now on
    #[arg(long, value_name = "TIME", value_parser = time)]
    from: Option<Timestamp>,
    /// Print each event as a line of JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: ServerFlags,
}

fn time(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|_| "it is not a time such as 2026-01-31T09:30:00Z".to_owned())
}

/// Runs the command.
pub fn run(args: &EventsArgs) -> Exit {
    let EventsCommand::Tail(args) = &args.command;
    server::call(follow(args))
}

async fn follow(args: &TailArgs) -> Result<Exit, ApiError> {
    let api = args.server.api()?;
    let instance = match &args.instance {
        Some(name) if name.starts_with("ins_") => Some(name.clone()),
        Some(name) => Some(api.instance(name).await?.id),
        None => None,
    };
    let start = Start { instance, from: args.from, now: Timestamp::now() };
    let colours = if has_colours() { Colours::On } else { Colours::Off };
    let show = |json: &str, event: &tail::Event| {
        if args.json { go_on_saying(json) } else { go_on_saying(line(event, colours)) }
    };
    let tell = |error: Option<&ApiError>| match error {
        Some(error) => remark(format_args!("{error}; trying again")),
        None => remark("The stream ended; opening it again"),
    };
    Tail::new(api, start).run(show, tell).await
}
