//! `trunkline webhooks status`: how the webhooks of a running server fare.

mod table;

use jiff::Timestamp;

use super::server::{self, ServerFlags};
use crate::client::ApiError;
use crate::console::say;
use crate::exit::Exit;

/// Arguments of `trunkline webhooks`.
#[derive(Debug, clap::Args)]
pub struct WebhooksArgs {
    #[command(subcommand)]
    command: WebhooksCommand,
}

#[derive(Debug, clap::Subcommand)]
enum WebhooksCommand {
    /// Show every webhook with what waits for it, how late it is, and its breaker; the key needs the scope `webhooks:read`
    Status(StatusArgs),
}

#[derive(Debug, clap::Args)]
struct StatusArgs {
    /// Print the webhooks as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: ServerFlags,
}

/// Runs the command.
pub fn run(args: &WebhooksArgs) -> Exit {
    let WebhooksCommand::Status(args) = &args.command;
    server::call(status(args))
}

async fn status(args: &StatusArgs) -> Result<Exit, ApiError> {
    let webhooks = args.server.api()?.webhooks().await?;
    if args.json {
        let all: Vec<_> = webhooks.into_iter().map(|webhook| webhook.0).collect();
        say(serde_json::Value::from(all));
    } else if webhooks.is_empty() {
        say("There is no webhook. Make one with POST /v1/webhooks.");
    } else {
        say(table::table(&webhooks, Timestamp::now()));
    }
    Ok(Exit::Success)
}
