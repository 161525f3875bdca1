//! The gateway's process: what it is started with, what it says first, how it ends.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};

use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::limits::{GATEWAY_LINES_MAX, GATEWAY_START_TIMEOUT, GATEWAY_STOP_TIMEOUT};

/// What every start has in common.
pub(super) struct Launch {
    pub(super) flags: Vec<String>,
    /// Where its log goes; later starts append.
    pub(super) log_file: PathBuf,
}

/// A running process. Dropping it kills it.
pub(super) struct Process {
    child: Child,
    stdout: mpsc::Receiver<String>,
}

/// What a process said until it listened.
pub(super) struct Greeting {
    /// Address of the API.
    pub(super) url: String,
    /// The root key, on a first start.
    pub(super) key: Option<String>,
}

impl Launch {
    /// Starts a process and waits until it listens.
    pub(super) async fn start(&self) -> (Process, Greeting) {
        let mut process = self.spawn();
        let greeted = timeout(GATEWAY_START_TIMEOUT, process.greeting()).await;
        match greeted {
            Ok(Some(greeting)) => (process, greeting),
            Ok(None) => panic!("the gateway ended instead of listening; its log:\n{}", self.log()),
            Err(_) => {
                panic!(
                    "the gateway does not listen after {GATEWAY_START_TIMEOUT:?}; its log:\n{}",
                    self.log()
                )
            }
        }
    }

    fn spawn(&self) -> Process {
        let log = std::fs::File::options().create(true).append(true).open(&self.log_file);
        let log = log.unwrap_or_else(|error| panic!("cannot open {}: {error}", self.log_file.display()));
        let binary = binary();
        let mut command = Command::new(&binary);
        command.arg("serve").args(&self.flags).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
        // The environment of whoever runs the tests is no part of them.
        for (name, _) in
            std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("TRUNKLINE_"))
        {
            command.env_remove(name);
        }
        let mut child =
            command.spawn().unwrap_or_else(|error| panic!("cannot start {}: {error}", binary.display()));
        let Some(stdout) = child.stdout.take() else { unreachable!("it was asked to be a pipe") };
        let (said, lines) = mpsc::channel(GATEWAY_LINES_MAX);
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if said.blocking_send(line).is_err() {
                    return;
                }
            }
        });
        Process { child, stdout: lines }
    }

    /// Runs a command that ends by itself, with the same settings.
    pub(super) async fn run(&self, command: &[&str]) -> Output {
        self.output(command_of(&binary()), command).await
    }

    /// As [`Launch::run`], with so many open files allowed.
    pub(super) async fn run_with_open_files(&self, allowed: u64, command: &[&str]) -> Output {
        let mut shell = command_of(Path::new("sh"));
        shell.args(["-c", "ulimit -n \"$0\" && exec \"$@\"", &allowed.to_string()]).arg(binary());
        self.output(shell, command).await
    }

    async fn output(&self, mut process: Command, command: &[&str]) -> Output {
        process.args(command).args(&self.flags).stdin(Stdio::null());
        let running = tokio::task::spawn_blocking(move || process.output());
        match timeout(GATEWAY_STOP_TIMEOUT, running).await {
            Ok(Ok(Ok(output))) => output,
            Ok(failed) => panic!("{command:?} did not run: {failed:?}"),
            Err(_) => panic!("{command:?} did not end within {GATEWAY_STOP_TIMEOUT:?}"),
        }
    }

    /// Everything the processes logged so far.
    pub(super) fn log(&self) -> String {
        std::fs::read_to_string(&self.log_file).unwrap_or_default()
    }
}

impl Process {
    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    async fn greeting(&mut self) -> Option<Greeting> {
        let mut key = None;
        loop {
            let line = self.stdout.recv().await?;
            if line.trim_start().starts_with("tk_") {
                key = Some(line.trim().to_owned());
            }
            if let Some(url) = line.strip_prefix("trunkline listens on ") {
                return Some(Greeting { url: url.to_owned(), key });
            }
        }
    }

    /// Ends it at once, as `kill -9` does: nothing in it gets to run any more.
    pub(super) fn kill9(mut self) {
        self.end();
    }

    /// Asks it to stop in good order and waits until it did.
    pub(super) async fn sigterm(mut self) -> ExitStatus {
        let pid =
            i32::try_from(self.child.id()).unwrap_or_else(|_| unreachable!("process ids are positive i32"));
        // SAFETY: `kill` takes two integers. The child has not been waited for, so its id names no other process.
        let outcome = unsafe { libc::kill(pid, libc::SIGTERM) };
        assert_eq!(outcome, 0, "the gateway could not be signalled");
        // Its standard output ends with it.
        let ended = async { while self.stdout.recv().await.is_some() {} };
        if timeout(GATEWAY_STOP_TIMEOUT, ended).await.is_err() {
            panic!("the gateway did not stop within {GATEWAY_STOP_TIMEOUT:?} after SIGTERM");
        }
        self.child.wait().unwrap_or_else(|error| panic!("the gateway cannot be waited for: {error}"))
    }

    fn end(&mut self) {
        // Already gone is as good as killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}

/// The binary, without the settings in the environment of whoever runs the tests.
fn command_of(binary: &Path) -> Command {
    let mut command = Command::new(binary);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("TRUNKLINE_"))
    {
        command.env_remove(name);
    }
    command
}

/// The binary under test: `TRUNKLINE_BIN`, or what cargo built beside this test.
fn binary() -> PathBuf {
    if let Some(given) = std::env::var_os("TRUNKLINE_BIN") {
        return PathBuf::from(given);
    }
    let test = std::env::current_exe().unwrap_or_else(|error| panic!("where is this test? {error}"));
    // target/<profile>/deps/<test>
    let profile = test.parent().and_then(Path::parent).unwrap_or(&test);
    let binary = profile.join("trunkline");
    assert!(
        binary.is_file(),
        "{} is missing: run tests/run, or cargo build -p trunkline --features simulated",
        binary.display()
    );
    binary
}
