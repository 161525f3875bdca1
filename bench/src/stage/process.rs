//! What a process uses, from `/proc`.

use std::fs;
use std::io;

/// A look at one process.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Usage {
    /// Resident set size, in bytes.
    pub rss: u64,
    /// Resident pages that belong to no file: heap and stacks, in bytes.
    pub rss_anonymous: u64,
    /// CPU time of all threads since the process started, in seconds.
    pub cpu_seconds: f64,
}

impl Usage {
    /// Of the process `pid`.
    ///
    /// # Errors
    /// When it is gone.
    pub fn of(pid: u32) -> io::Result<Usage> {
        let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        let bytes = |name| field_kib(&status, name).map(|kib| kib * 1_024);
        let odd = || io::Error::other(format!("/proc/{pid} has another form than expected"));
        Ok(Usage {
            rss: bytes("VmRSS:").ok_or_else(odd)?,
            rss_anonymous: bytes("RssAnon:").ok_or_else(odd)?,
            cpu_seconds: cpu_ticks(&stat).ok_or_else(odd)? as f64 / ticks_per_second(),
        })
    }
}

fn field_kib(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find(|line| line.starts_with(name))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// User and system time of `/proc/<pid>/stat`. The second field is a name in parentheses that may hold anything.
fn cpu_ticks(stat: &str) -> Option<u64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

fn ticks_per_second() -> f64 {
    // SAFETY: `sysconf` takes and gives integers.
    let ticks = unsafe { libc::sysconf(libc::_SC_CLK_TCK) };
    if ticks > 0 { ticks as f64 } else { 100.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_uses_something() {
        let usage = Usage::of(std::process::id()).expect("it lives");
        assert!(usage.rss > 1 << 20 && usage.rss_anonymous <= usage.rss);
        assert!(Usage::of(u32::MAX).is_err());
    }

    #[test]
    fn names_of_processes_do_not_confuse() {
        let stat = "7 (a) b (c)) S 1 2 3 4 5 6 7 8 9 10 40 2 0 0 20";
        assert_eq!(cpu_ticks(stat), Some(42));
        assert_eq!(cpu_ticks("7 (name"), None);
        assert_eq!(field_kib("VmPeak:\t 9 kB\nVmRSS:\t 12 kB\n", "VmRSS:"), Some(12));
    }
}
