//! A process that a case started: its lines, its use of the machine, its end.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};

use tokio::sync::mpsc;
use tokio::time::timeout;

use super::process::Usage;
use crate::error::{Bench, BenchError, During};
use crate::limits::{CHILD_LINES_MAX, CHILD_START_TIMEOUT, CHILD_STOP_TIMEOUT, LAST_WORDS, LOOK_EVERY};

/// The first argument of this binary as a child.
pub const ROLE: &str = "role";

/// A running child. Dropping it kills it.
pub struct Child {
    name: &'static str,
    process: std::process::Child,
    stdin: Option<ChildStdin>,
    log: PathBuf,
    lines: mpsc::Receiver<String>,
}

impl Child {
    /// This binary in another role.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn role(name: &'static str, arguments: &[&str], log: &Path) -> Bench<Child> {
        let binary = std::env::current_exe().during("looking for this binary")?;
        let mut command = Command::new(binary);
        command.arg(ROLE).args(arguments);
        Child::start(name, command, log)
    }

    /// Any program; what it says on standard error goes to the end of the file `log`.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(name: &'static str, mut command: Command, log: &Path) -> Bench<Child> {
        let errors =
            std::fs::File::options().create(true).append(true).open(log).during("opening a log file")?;
        // Whoever runs a benchmark may have settings of their own; they are no part of it.
        for (variable, _) in std::env::vars_os() {
            if variable.to_string_lossy().starts_with("TRUNKLINE_") {
                command.env_remove(variable);
            }
        }
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()
            .during(&format!("starting {name}"))?;
        let stdin = process.stdin.take();
        let Some(stdout) = process.stdout.take() else { unreachable!("it was asked to be a pipe") };
        let (sender, lines) = mpsc::channel(CHILD_LINES_MAX);
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if sender.blocking_send(line).is_err() {
                    return;
                }
            }
        });
        Ok(Child { name, process, stdin, log: log.to_owned(), lines })
    }

    /// The next line that it says.
    ///
    /// # Errors
    /// When it ended, or says nothing for [`CHILD_START_TIMEOUT`].
    pub async fn line(&mut self) -> Bench<String> {
        self.line_within(CHILD_START_TIMEOUT).await
    }

    /// As [`Child::line`], with another patience.
    ///
    /// # Errors
    /// When it ended, or says nothing for that long.
    pub async fn line_within(&mut self, patience: std::time::Duration) -> Bench<String> {
        match timeout(patience, self.lines.recv()).await {
            Ok(Some(line)) => Ok(line),
            Ok(None) => Err(BenchError::new(format_args!("{} ended; {}", self.name, self.last_words()))),
            Err(_) => {
                let words = self.last_words();
                Err(BenchError::new(format_args!("{} says nothing for {patience:?}; {words}", self.name)))
            }
        }
    }

    /// The end of its log.
    fn last_words(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().rev().take(LAST_WORDS).collect();
        format!("its log ends with:\n{}", lines.into_iter().rev().collect::<Vec<_>>().join("\n"))
    }

    /// Says one line to it.
    ///
    /// # Errors
    /// When it ended.
    pub fn say(&mut self, line: &str) -> Bench<()> {
        let doing = format!("speaking to {}", self.name);
        let Some(stdin) = &mut self.stdin else { return Err(BenchError::new(doing)) };
        writeln!(stdin, "{line}").and_then(|()| stdin.flush()).during(&doing)
    }

    /// What it uses at this moment.
    ///
    /// # Errors
    /// When it ended.
    pub fn usage(&self) -> Bench<Usage> {
        Usage::of(self.process.id()).during(&format!("looking at {}", self.name))
    }

    /// Asks it to stop (SIGTERM) and waits until it did.
    pub async fn stop(self) {
        if let Ok(pid) = i32::try_from(self.process.id()) {
            // SAFETY: `kill` takes two integers; the child has not been waited for, so its id names no other process.
            unsafe { libc::kill(pid, libc::SIGTERM) };
        }
        self.leave().await;
    }

    /// Closes its input and waits until it has ended by itself.
    pub async fn leave(mut self) {
        drop(self.stdin.take());
        let gone = async {
            while matches!(self.process.try_wait(), Ok(None)) {
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        // One that does not end is killed when it is dropped.
        drop(timeout(CHILD_STOP_TIMEOUT, gone).await);
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // Already gone is as good as killed.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
