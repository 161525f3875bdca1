//! A server's process, and what it needs.

use std::fs::File;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A running process whose output goes to a file. Dropping it kills the process.
pub(super) struct ServerProcess {
    child: Child,
}

impl ServerProcess {
    /// Starts `command`; what it says is appended to `log_file`. `package` is what has it.
    pub(super) fn start(command: &mut Command, log_file: &Path, package: &str) -> Self {
        let log = File::options().create(true).append(true).open(log_file);
        let log = log.unwrap_or_else(|error| panic!("cannot open {}: {error}", log_file.display()));
        let errors = log.try_clone().unwrap_or_else(|error| panic!("cannot share a file: {error}"));
        let started = command.stdin(Stdio::null()).stdout(log).stderr(errors).spawn();
        let child = started.unwrap_or_else(|error| {
            panic!("cannot start {:?}: {error}; install {package}", command.get_program())
        });
        Self { child }
    }

    /// Ends it at once.
    pub(super) fn kill9(&mut self) {
        // Already gone is as good as killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        self.kill9();
    }
}

/// A port of loopback that nobody listens on.
pub(super) fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    let address = listener.and_then(|listener| listener.local_addr());
    address.unwrap_or_else(|error| panic!("no free port: {error}")).port()
}

/// A new directory.
pub(super) fn new_directory(parent: &Path, name: &str) -> PathBuf {
    let directory = parent.join(name);
    std::fs::create_dir(&directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    directory
}

/// Writes a configuration file.
pub(super) fn write(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}
