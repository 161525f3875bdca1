//! The limit of open files: raised as far as the system lets us, and reported when that is not far enough.

use crate::limits::OPEN_FILES_RECOMMENDED;

/// Raises the soft limit to the hard one, and gives a warning with the remedy when the result is low.
pub fn raise() -> Option<String> {
    let allowed = raise_soft_limit()?;
    warning(allowed)
}

fn warning(allowed: u64) -> Option<String> {
    (allowed < OPEN_FILES_RECOMMENDED).then(|| {
        format!(
            "only {allowed} open files are allowed, and every linked number holds one; raise the limit to \
             {OPEN_FILES_RECOMMENDED} (`LimitNOFILE=` in a systemd unit, `--ulimit nofile=` for a container, `ulimit -n` in a shell)"
        )
    })
}

/// The limit after raising it, where the system tells it.
fn raise_soft_limit() -> Option<u64> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `limit` is a valid rlimit that the call fills in.
    if unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) } != 0 {
        return None;
    }
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
}
