//! `trunkline config`: prints the effective configuration.

use crate::config::{self, FileFlag, SettingFlags};
use crate::console::draw;
use crate::exit::Exit;

/// Arguments of `trunkline config`.
#[derive(Debug, clap::Args)]
pub struct ConfigArgs {
    #[command(flatten)]
    file: FileFlag,
    #[command(flatten)]
    settings: SettingFlags,
}

/// Runs the command.
pub fn run(args: &ConfigArgs) -> Exit {
    match config::load_or_tell(args.file.config.as_deref(), &args.settings) {
        Ok(effective) => {
            draw(&config::toml(&effective.shown));
            Exit::Success
        }
        Err(exit) => exit,
    }
}
