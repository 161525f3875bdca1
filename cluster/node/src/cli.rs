//! The command line.

use clap::{Parser, Subcommand};

use crate::commands::account::AccountArgs;
use crate::commands::config::ConfigArgs;
use crate::commands::credit::CreditArgs;
use crate::commands::events::EventsArgs;
use crate::commands::key::KeyArgs;
use crate::commands::link::LinkArgs;
use crate::commands::serve::ServeArgs;
use crate::commands::webhooks::WebhooksArgs;
use crate::commands::{account, config, credit, events, key, link, serve, webhooks};
use crate::exit::Exit;

/// A self-hosted WhatsApp gateway: thousands of linked numbers behind one HTTP API
#[derive(Debug, Parser)]
#[command(name = "trunkline", version, about, after_help = FIRST_STEPS, max_term_width = 110)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

const FIRST_STEPS: &str = "\
First steps:
  trunkline serve                        prints the root API key on its first start
  TRUNKLINE_KEY=… trunkline link         shows the QR code to scan with the phone
  curl -H \"Authorization: Bearer $TRUNKLINE_KEY\" http://127.0.0.1:8080/v1/instances";

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a node: engine and HTTP API
    Serve(Box<ServeArgs>),
    /// Print the effective configuration as a TOML file, with the source of each value
    Config(Box<ConfigArgs>),
    /// Make, list, replace and revoke API keys
    Key(Box<KeyArgs>),
    /// Make, list, suspend and delete accounts
    Account(Box<AccountArgs>),
    /// Show the credits of accounts, and add some
    Credit(Box<CreditArgs>),
    /// Link a number through a running server, from this terminal
    Link(Box<LinkArgs>),
    /// Follow what happens to the numbers of a running server
    Events(Box<EventsArgs>),
    /// See how the webhooks of a running server fare
    Webhooks(Box<WebhooksArgs>),
    /// Watch a gateway and a simulated WhatsApp service exchange messages, and be judged
    #[cfg(feature = "simulated")]
    Demo(crate::demo::DemoArgs),
    /// Tells how to build the demo
    #[cfg(not(feature = "simulated"))]
    #[command(hide = true)]
    Demo {
        /// Whatever the real command takes
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        _ignored: Vec<String>,
    },
}

impl Cli {
    /// Runs the command.
    pub fn run(&self) -> Exit {
        match &self.command {
            Command::Serve(args) => serve::run(args),
            Command::Config(args) => config::run(args),
            Command::Key(args) => key::run(args),
            Command::Account(args) => account::run(args),
            Command::Credit(args) => credit::run(args),
            Command::Link(args) => link::run(args),
            Command::Events(args) => events::run(args),
            Command::Webhooks(args) => webhooks::run(args),
            #[cfg(feature = "simulated")]
            Command::Demo(args) => crate::demo::run(args),
            #[cfg(not(feature = "simulated"))]
            Command::Demo { .. } => {
                crate::console::remark(
                    "The demo is not part of this build, which trusts WhatsApp alone. From the sources, run `cargo demo`, or build \
                     with `cargo build --release -p trunkline --features simulated`.",
                );
                Exit::NotInThisBuild
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
