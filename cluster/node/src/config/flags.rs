//! The flags of the settings, made from the table. Their values are texts here: what is wrong with them is told together
//! with everything else.

use std::collections::BTreeMap;

use clap::error::Error;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};

use super::table::{Key, Kind, settings};

/// The settings given as flags.
#[derive(Debug, Clone, Default)]
pub struct SettingFlags(BTreeMap<Key, String>);

impl SettingFlags {
    /// The texts, by setting.
    pub fn given(&self) -> &BTreeMap<Key, String> {
        &self.0
    }
}

impl Args for SettingFlags {
    fn augment_args(command: Command) -> Command {
        settings().fold(command, |command, setting| {
            let arg = Arg::new(setting.name)
                .long(setting.name)
                .value_name(setting.value_name)
                .help(format!("{} [env: {}]", setting.help, setting.variable()))
                .help_heading("Settings");
            command.arg(match setting.kind {
                Kind::Switch => arg.num_args(0..=1).require_equals(true).default_missing_value("true"),
                Kind::Text | Kind::Count => arg.num_args(1),
            })
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for SettingFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<SettingFlags, Error> {
        let mut flags = SettingFlags::default();
        flags.update_from_arg_matches(matches)?;
        Ok(flags)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        let given = settings().filter_map(|setting| {
            let text = matches.get_one::<String>(setting.name)?;
            Some((setting.key, text.clone()))
        });
        self.0.extend(given);
        Ok(())
    }
}
