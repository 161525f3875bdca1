//! What a process holds in memory, as the kernel counts it.

use std::path::PathBuf;

/// The resident memory of one process.
pub struct Resident {
    directory: PathBuf,
}

impl Resident {
    pub(super) fn of(process: u32) -> Self {
        Self { directory: PathBuf::from(format!("/proc/{process}")) }
    }

    /// Bytes now.
    pub fn now(&self) -> u64 {
        self.field("VmRSS:")
    }

    /// Most bytes since [`Resident::forget_peak`].
    pub fn peak(&self) -> u64 {
        self.field("VmHWM:")
    }

    /// Begins a new peak.
    pub fn forget_peak(&self) {
        let file = self.directory.join("clear_refs");
        std::fs::write(&file, "5").unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    }

    fn field(&self, name: &str) -> u64 {
        let file = self.directory.join("status");
        let status = std::fs::read_to_string(&file);
        let status = status.unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let kib = status.lines().find_map(|line| line.strip_prefix(name)?.trim().strip_suffix(" kB"));
        let kib = kib.and_then(|kib| kib.trim().parse::<u64>().ok());
        kib.unwrap_or_else(|| panic!("{name} is not in {}", file.display())) << 10
    }
}
