//! Configuration: defaults, then a TOML file, then the environment, then flags; one typed [`Settings`] comes out, or every
//! problem together. Nothing is opened or created here.

mod bucket;
mod filter;
mod flags;
mod layers;
mod mail;
mod settings;
mod show;
mod table;

#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

#[cfg(feature = "simulated")]
pub use filter::full as full_log_filter;
pub use flags::SettingFlags;
pub use layers::{Layers, Merged, Problem};
pub use mail::MailSettings;
pub use settings::{Effective, LogSettings, Outside, Settings, WhatsappSettings};
pub use show::toml;

use crate::console::remark;
use crate::exit::Exit;
use crate::limits::{CA_FILE_BYTES_MAX, CONFIG_FILE_BYTES_MAX, SECRET_FILE_BYTES_MAX};

/// Reads all layers of this process.
///
/// # Errors
/// Every problem of every layer.
pub fn load(file: Option<&Path>, flags: &SettingFlags) -> Result<Effective, Vec<Problem>> {
    let mut layers =
        Layers { environment: std::env::vars_os().collect(), flags: flags.given().clone(), file: None };
    let mut unreadable = None;
    if let Some(path) = file {
        let place = path.display().to_string();
        match read_bounded(path, CONFIG_FILE_BYTES_MAX) {
            Ok(text) => layers.file = Some((place, text)),
            Err(message) => unreadable = Some(Problem { place, message }),
        }
    }
    let mut merged = Merged::of(&layers);
    merged.problems.splice(0..0, unreadable);
    settings::read(merged, &Machine)
}

/// As [`load`], telling the person what is wrong.
///
/// # Errors
/// [`Exit::Configuration`], all problems having been printed.
pub fn load_or_tell(file: Option<&Path>, flags: &SettingFlags) -> Result<Effective, Exit> {
    match load(file, flags) {
        Ok(effective) => {
            effective.warnings.iter().for_each(|warning| remark(format_args!("warning: {warning}")));
            Ok(effective)
        }
        Err(problems) => {
            remark("The configuration cannot be used:");
            problems.iter().for_each(|problem| remark(format_args!("  {problem}")));
            Err(Exit::Configuration)
        }
    }
}

struct Machine;

impl Outside for Machine {
    fn cores(&self) -> usize {
        std::thread::available_parallelism().map_or(1, usize::from)
    }

    fn read_certificates(&self, path: &Path) -> Result<String, String> {
        read_bounded(path, CA_FILE_BYTES_MAX)
    }

    fn read_secret(&self, path: &Path) -> Result<String, String> {
        read_bounded(path, SECRET_FILE_BYTES_MAX)
    }

    fn is_other_than_directory(&self, path: &Path) -> bool {
        std::fs::metadata(path).is_ok_and(|found| !found.is_dir())
    }
}

fn read_bounded(path: &Path, bytes_max: u64) -> Result<String, String> {
    let unreadable =
        |error: std::io::Error| format!("cannot be read ({error}); correct the path or its permissions");
    let mut text = String::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(bytes_max + 1).read_to_string(&mut text).map_err(unreadable)?;
    if text.len() as u64 > bytes_max {
        return Err(format!("is longer than {bytes_max} bytes; give the right file"));
    }
    Ok(text)
}

/// Where the configuration file is named.
#[derive(Debug, Clone, clap::Args)]
pub struct FileFlag {
    /// TOML file with settings; keys are the names of the flags below without the dashes in front
    #[arg(long, value_name = "FILE", env = "TRUNKLINE_CONFIG")]
    pub config: Option<PathBuf>,
}
