//! Libraries that services publish for their customers' programs, as they are, each in a process of its own: a customer who changed
//! address and key, and nothing else.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tokio::time::timeout;

use crate::events::{ClientError, Event};
use crate::limits::PROCESS_START_TIMEOUT;
use crate::process::{ClientProcess, ProcessSpec};
use crate::world::World;

/// Which library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LibraryKind {
    /// PyPI `wsapi-client` 1.0.10: WSAPI's first generation.
    Wsapi1,
    /// PyPI `wsapi-client` 3.0.0: its second one.
    Wsapi3,
    /// npm `wasenderapi` 0.4.0.
    Wasender,
}

/// A program that uses a library, with a web server for webhooks. It ends with this.
pub struct Library {
    process: ClientProcess,
}

impl Library {
    /// Starts a program.
    pub async fn start(world: &World, kind: LibraryKind) -> Library {
        let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
        let python = |name: &str| (installed(name), tests.join("clients").join(name).join("driver.py"));
        let (interpreter, script) = match kind {
            LibraryKind::Wsapi1 => python("wsapi1"),
            LibraryKind::Wsapi3 => python("wsapi3"),
            LibraryKind::Wasender => ("node".into(), tests.join("clients/wasender/driver.mjs")),
        };
        let mut command = Command::new(interpreter);
        command.arg(script).current_dir(tests.join("clients")).env("PYTHONDONTWRITEBYTECODE", "1");
        // Libraries mind a proxy that the machine may have.
        command.env("NO_PROXY", "127.0.0.1").env("no_proxy", "127.0.0.1");
        let stderr_file = world.directory().join("library.stderr");
        let process = ClientProcess::start(ProcessSpec { name: format!("{kind:?}"), command, stderr_file });
        let hello = process.expect("its hello", |event| matches!(event, Event::Hello { .. }).then_some(()));
        if timeout(PROCESS_START_TIMEOUT, hello).await.is_err() {
            panic!("{kind:?} did not start: {}", process.story());
        }
        Library { process }
    }

    /// Has the library do something.
    ///
    /// # Errors
    /// What the library raised.
    pub async fn command(&self, command: &str, arguments: Value) -> Result<Value, ClientError> {
        self.process.command(command, arguments).await
    }

    /// As [`Library::command`], where an error fails the test.
    pub async fn must(&self, command: &str, arguments: Value) -> Value {
        let done = self.command(command, arguments).await;
        done.unwrap_or_else(|error| panic!("{command}: {error:?}\n{}", self.process.story()))
    }

    /// Waits for a webhook that the library took for one of the service, and for no forged one: what it read in it.
    pub async fn expect_webhook(&self, kind: &str, accept: impl Fn(&Value) -> bool) -> Value {
        let pick = |event: &Event| match event {
            Event::Webhook { kind: of, verified, forged, data } if of == kind && accept(data) => {
                assert!(verified, "the library does not trust {data}");
                assert!(!forged, "the library trusts everything: {data}");
                Some(data.clone())
            }
            _ => None,
        };
        self.process.expect(&format!("a webhook with {kind}"), pick).await
    }

    /// Whether the library understood, and trusted, everything that it was told and nobody waited for.
    pub fn expect_no_trouble(&self) {
        let trouble = self.process.untaken(|event| match event {
            Event::Webhook { verified: true, .. } => None,
            other => Some(format!("{other:?}")),
        });
        assert_eq!(trouble, Vec::<String>::new(), "{}", self.process.story());
    }
}

/// The Python of a virtual environment that `tests/run` made.
///
/// # Panics
/// It is not there.
pub fn installed(name: &str) -> PathBuf {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../target/{name}/bin/python"));
    assert!(python.exists(), "{} is missing: tests/run installs it", python.display());
    python
}
