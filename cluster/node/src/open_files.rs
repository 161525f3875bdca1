//! The limit of open files: raised as far as the system lets us, compared with what the node needs, and reported when that is
//! not far enough.

use trunkline_engine::EngineError;

use crate::limits::{
    OPEN_FILES_HEADROOM, OPEN_FILES_OF_API, OPEN_FILES_PER_INSTANCE, OPEN_FILES_PER_SHARD,
    OPEN_FILES_RECOMMENDED,
};

/// How an operator raises the limit.
const REMEDY: &str =
    "`LimitNOFILE=` in a systemd unit, `--ulimit nofile=` for a container, `ulimit -n` in a shell";

/// Raises the soft limit to the hard one, and gives a warning with the remedy when the result is low.
pub fn raise() -> Option<String> {
    let allowed = raise_soft_limit()?;
    warning(allowed)
}

fn warning(allowed: u64) -> Option<String> {
    (allowed < OPEN_FILES_RECOMMENDED).then(|| {
        format!(
            "only {allowed} open files are allowed, and every linked number holds one; raise the limit to \
             {OPEN_FILES_RECOMMENDED} ({REMEDY})"
        )
    })
}

/// Instances that a node with so many shards may hold under the present limit.
pub fn instances_max(shards: u16) -> usize {
    allowed().map_or(usize::MAX, |allowed| instances_within(allowed, shards))
}

fn instances_within(allowed: u64, shards: u16) -> usize {
    let left = allowed.saturating_sub(needed(0, shards));
    usize::try_from(left / OPEN_FILES_PER_INSTANCE).unwrap_or(usize::MAX)
}

/// Open files that a node needs for so many instances on so many shards.
fn needed(instances: usize, shards: u16) -> u64 {
    let of_shards = u64::from(shards) * OPEN_FILES_PER_SHARD;
    instances as u64 * OPEN_FILES_PER_INSTANCE + of_shards + OPEN_FILES_OF_API + OPEN_FILES_HEADROOM
}

/// What an engine that did not start says, with the number of open files that it takes where that is the reason.
pub fn explain(error: &EngineError, shards: u16) -> String {
    match (error, allowed()) {
        (EngineError::TooManyInstances { found, .. }, Some(allowed)) => too_few(*found, shards, allowed),
        _ => error.to_string(),
    }
}

fn too_few(instances: usize, shards: u16, allowed: u64) -> String {
    let needed = needed(instances, shards);
    format!(
        "{instances} instances on {shards} shards need {needed} open files, and only {allowed} are allowed; raise the limit to \
         {needed} or more ({REMEDY})"
    )
}

/// Open files that this process may have.
pub fn allowed() -> Option<u64> {
    limits().map(|limit| limit.rlim_cur)
}

/// Open files that this process has, where the system tells.
pub fn used() -> Option<u64> {
    let directory = "/proc/self/fd";
    // Linux 6.2 and later count them for us.
    let counted = std::fs::metadata(directory).ok()?.len();
    if counted > 0 {
        return Some(counted);
    }
    // One of them is the directory that is being read.
    Some((std::fs::read_dir(directory).ok()?.count() as u64).saturating_sub(1))
}

fn limits() -> Option<libc::rlimit> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `limit` is a valid rlimit that the call fills in.
    (unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) } == 0).then_some(limit)
}

/// The limit after raising it, where the system tells it.
fn raise_soft_limit() -> Option<u64> {
    let limit = limits()?;
    let raised = libc::rlimit { rlim_cur: limit.rlim_max, ..limit };
    // SAFETY: `raised` is a valid rlimit that the call only reads.
    if unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const raised) } == 0 {
        return Some(raised.rlim_cur);
    }
    Some(limit.rlim_cur)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_low_limit_names_the_remedy() {
        let told = warning(1_024).expect("1024 is low");
        assert!(told.contains("1024") && told.contains("LimitNOFILE="), "{told}");
        assert_eq!(warning(OPEN_FILES_RECOMMENDED), None);
        assert!(raise_soft_limit().is_some_and(|allowed| allowed > 0));
    }

    #[test]
    fn the_limit_bounds_the_instances() {
        let check = |allowed, shards, expected| assert_eq!(instances_within(allowed, shards), expected);
        check(20_000, 1, 17_120);
        check(20_000, 2, 15_520);
        check(1_024, 1, 0);
        for (instances, shards) in [(0, 1), (1, 1), (15_000, 2), (40_000, 16)] {
            assert_eq!(instances_within(needed(instances, shards), shards), instances);
            assert!(instances_within(needed(instances + 1, shards) - 1, shards) <= instances);
        }
    }

    #[test]
    fn a_refusal_names_what_is_needed_and_the_remedy() {
        let told = too_few(15_000, 2, 4_096);
        assert!(told.contains("need 19480 open files, and only 4096 are allowed"), "{told}");
        assert!(told.contains("LimitNOFILE="), "{told}");
        let other = EngineError::NeverStarted;
        assert_eq!(explain(&other, 2), other.to_string());
    }

    #[test]
    fn open_files_are_counted() {
        let (allowed, used) = (allowed().expect("a limit"), used().expect("this is Linux"));
        assert!((3..=allowed).contains(&used), "{used} of {allowed}");
    }
}
