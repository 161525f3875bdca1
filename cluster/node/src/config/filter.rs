//! Log filters. A plain level speaks of Trunkline alone: the protocol libraries log phone numbers at `info` and `error`, and
//! those belong into no log above `debug`. Who names a library in the filter gets what it says.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// Libraries whose warnings an operator should see; they know nothing of tenants.
const INFRASTRUCTURE: [&str; 5] = ["fjall", "lsm_tree", "hyper", "rustls", "ractor"];

/// Writes a filter out in full.
///
/// # Errors
/// A sentence.
pub fn full(text: &str) -> Result<String, String> {
    let levels = "give error, warn, info, debug or trace";
    if text.trim().is_empty() {
        return Err(format!("is empty; {levels}"));
    }
    let full = text.split(',').map(|directive| expanded(directive.trim())).collect::<Vec<_>>().join(",");
    match EnvFilter::builder().parse(&full) {
        Ok(_) => Ok(full),
        Err(error) => Err(format!("is not a log filter ({error}); {levels}")),
    }
}

fn expanded(directive: &str) -> String {
    let Ok(level) = directive.parse::<LevelFilter>() else { return directive.to_owned() };
    // A target stands for everything that begins with it, so this one covers every crate of ours.
    let ours = format!("off,trunkline={level}");
    let warnings = level.min(LevelFilter::WARN);
    INFRASTRUCTURE.iter().fold(ours, |filter, library| format!("{filter},{library}={warnings}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_speaks_of_us_alone() {
        let check = |text: &str, expected: &str| assert_eq!(full(text).as_deref(), Ok(expected));
        let warnings = "fjall=warn,lsm_tree=warn,hyper=warn,rustls=warn,ractor=warn";
        check("info", &format!("off,trunkline=info,{warnings}"));
        check("error", &format!("off,trunkline=error,{}", warnings.replace("warn", "error")));
        check("debug,whatsapp_rust=info", &format!("off,trunkline=debug,{warnings},whatsapp_rust=info"));
        check("trunkline_store=trace", "trunkline_store=trace");
        for wrong in [" ", "loud==", "info,a=b=c"] {
            assert!(full(wrong).is_err(), "{wrong}");
        }
    }
}
