//! `trunkline key create`: makes an API key in a data directory that no server uses at the moment.

use trunkline_engine::{EngineError, create_key_offline};
use trunkline_model::Scope;
use trunkline_model::id::ROOT_ACCOUNT;
use trunkline_store::StoreError;

use crate::config::{self, FileFlag, SettingFlags};
use crate::console::{remark, say};
use crate::exit::Exit;

/// Arguments of `trunkline key`.
#[derive(Debug, clap::Args)]
pub struct KeyArgs {
    #[command(subcommand)]
    command: KeyCommand,
}

#[derive(Debug, clap::Subcommand)]
enum KeyCommand {
    /// Make an API key and print it, once; only its hash is kept
    Create(CreateArgs),
}

#[derive(Debug, clap::Args)]
struct CreateArgs {
    /// What the key is for, to tell keys apart later
    #[arg(long, default_value = "", hide_default_value = true)]
    label: String,
    #[arg(long = "scope", value_name = "SCOPE", value_parser = scope, default_value = "*", help = scope_help())]
    scopes: Vec<Scope>,
    #[command(flatten)]
    file: FileFlag,
    #[command(flatten)]
    settings: SettingFlags,
}

fn scope(word: &str) -> Result<Scope, String> {
    Scope::parse(word).ok_or_else(|| format!("no such scope; there are {}", scope_words()))
}

fn scope_words() -> String {
    Scope::ALL.map(Scope::as_str).join(", ")
}

fn scope_help() -> String {
    format!("What the key may do: {}; give it again for more", scope_words())
}

/// Runs the command.
pub fn run(args: &KeyArgs) -> Exit {
    let KeyCommand::Create(args) = &args.command;
    let effective = match config::load_or_tell(args.file.config.as_deref(), &args.settings) {
        Ok(effective) => effective,
        Err(exit) => return exit,
    };
    let data_dir = &effective.settings.data_dir;
    if !data_dir.is_dir() {
        remark(format_args!(
            "There is no directory {}; give --data-dir, or start a server there first.",
            data_dir.display()
        ));
        return Exit::DataDirectory;
    }
    match create_key_offline(data_dir, ROOT_ACCOUNT, &args.label, &args.scopes) {
        Ok(key) => {
            remark(format_args!("Made {}. The key, shown only this once:", key.id));
            say(key.secret);
            Exit::Success
        }
        Err(error) => {
            remark(format_args!("No key was made: {}", told(&error)));
            Exit::of_engine(&error)
        }
    }
}

fn told(error: &EngineError) -> String {
    match error {
        EngineError::Store(StoreError::Locked { path, holder }) => format!(
            "a server (process {holder}) uses {}. Ask it for the key (POST /v1/keys, with a key of the scope `*`), or stop it for \
             the moment that this command takes.",
            path.display()
        ),
        error => error.to_string(),
    }
}
