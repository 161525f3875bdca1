//! What this process costs, from the operating system.

use std::time::Instant;

use serde_json::{Value, json};

/// CPU time of the whole process so far, user and system, seconds.
pub(crate) fn cpu_seconds() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a valid timespec that outlives the call.
    let status = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
    if status == 0 { time.tv_sec as f64 + time.tv_nsec as f64 / 1e9 } else { f64::NAN }
}

/// Resident memory, KiB.
pub(crate) fn rss_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// A measurement under way.
#[derive(Clone, Copy)]
pub(crate) struct Stopwatch {
    begun: Instant,
    cpu_seconds: f64,
}

impl Stopwatch {
    pub(crate) fn start() -> Stopwatch {
        Stopwatch { begun: Instant::now(), cpu_seconds: cpu_seconds() }
    }

    /// What happened since the start: `{seconds, cpu_seconds}`.
    pub(crate) fn read(self) -> Value {
        json!({"seconds": self.begun.elapsed().as_secs_f64(), "cpu_seconds": cpu_seconds() - self.cpu_seconds})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_costs_time_and_memory() {
        let watch = Stopwatch::start();
        let mut sum = 0_u64;
        while cpu_seconds() - watch.cpu_seconds < 0.01 {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
        let read = watch.read();
        assert!(read["cpu_seconds"].as_f64().is_some_and(|cpu| cpu >= 0.01), "{read}");
        assert!(read["seconds"].as_f64().is_some_and(|wall| wall > 0.0), "{read}");
        assert!(rss_kib() > 100);
    }
}
