//! The exit codes of the process. What ends a running node has codes of its own: [`trunkline_engine::Fatal::exit_code`],
//! 70 to 73.

use std::process::ExitCode;

use trunkline_engine::EngineError;
use trunkline_store::StoreError;
use trunkline_whatsapp::SessionError;

/// How the process ends. An unknown command or flag is clap's own 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// All went well.
    Success,
    /// The command ran and its outcome is bad: messages lost, number not linked, request refused.
    Failed,
    /// The command is not part of this build.
    NotInThisBuild,
    /// The configuration is wrong (`EX_USAGE` of sysexits.h). Nothing was opened.
    Configuration,
    /// The data directory cannot be used: locked, foreign, newer, wrong key (`EX_NOINPUT`).
    DataDirectory,
    /// Something outside is not to be had: the address is taken, the server does not answer (`EX_UNAVAILABLE`).
    Unavailable,
    /// A second signal cut the shutdown short (128 + SIGINT).
    Interrupted,
}

impl Exit {
    /// The number that the parent process sees.
    pub fn code(self) -> u8 {
        match self {
            Exit::Success => 0,
            Exit::Failed => 1,
            Exit::NotInThisBuild => 2,
            Exit::Configuration => 64,
            Exit::DataDirectory => 66,
            Exit::Unavailable => 69,
            Exit::Interrupted => 130,
        }
    }

    /// What an engine that did not start means for the process.
    pub fn of_engine(error: &EngineError) -> Exit {
        match error {
            EngineError::Config(_)
            | EngineError::Bucket(_)
            | EngineError::Session(SessionError::Config(_)) => Exit::Configuration,
            EngineError::Store(error) => Exit::of_store(error),
            EngineError::NeverStarted => Exit::DataDirectory,
            _ => Exit::Unavailable,
        }
    }

    fn of_store(error: &StoreError) -> Exit {
        match error {
            StoreError::ShardCountChanged { .. } | StoreError::ShardCountImpossible { .. } => {
                Exit::Configuration
            }
            _ => Exit::DataDirectory,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use trunkline_engine::Fatal;

    use super::*;

    #[test]
    fn every_end_has_a_code_of_its_own() {
        let exits = [
            Exit::Success,
            Exit::Failed,
            Exit::NotInThisBuild,
            Exit::Configuration,
            Exit::DataDirectory,
            Exit::Unavailable,
            Exit::Interrupted,
        ];
        let fatal = [
            Fatal::StorePoisoned { shard: 0 },
            Fatal::ShardPanicked { shard: 0 },
            Fatal::ShardStalled { shard: 0 },
            Fatal::CriticalTask { name: "front" },
        ];
        let codes: Vec<u8> = exits.map(Exit::code).into_iter().chain(fatal.map(Fatal::exit_code)).collect();
        let distinct: BTreeSet<u8> = codes.iter().copied().collect();
        assert_eq!(distinct.len(), codes.len(), "{codes:?}");
    }

    #[test]
    fn a_store_that_refuses_tells_configuration_from_directory() {
        let check = |error: StoreError, expected: Exit| {
            assert_eq!(Exit::of_engine(&EngineError::Store(error)), expected);
        };
        check(StoreError::ShardCountImpossible { asked: 0, max: 64 }, Exit::Configuration);
        check(StoreError::ShardCountChanged { path: "d".into(), created: 1, asked: 2 }, Exit::Configuration);
        check(StoreError::Locked { path: "d".into(), holder: "1".into() }, Exit::DataDirectory);
        check(StoreError::NewerFormat { path: "d".into(), needed: 2, supported: 1 }, Exit::DataDirectory);
        assert_eq!(Exit::of_engine(&EngineError::Random), Exit::Unavailable);
    }
}
