//! Stands in for the C library's `fsync` and `fdatasync` in this binary, so that tests can hold, count and fail
//! the system calls themselves: what must be tested is the barrier, not that somebody asked for one.

use std::ffi::c_int;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The journals of the store in a directory.
pub const JOURNAL: &str = ".jnl";
/// The tables that memtables are flushed to.
pub const TABLES: &str = "/tables/";
/// The numbered files in which the set of tables is recorded.
pub const MANIFEST: &str = "/v";

/// After so long, a sync that was not begun never will be.
const PATIENCE: Duration = Duration::from_secs(20);

static RULES: Mutex<Vec<Arc<Rule>>> = Mutex::new(Vec::new());

/// What happens to syncs of files below a directory whose path contains a certain part. Ends when dropped.
pub struct SyncRule(Arc<Rule>);

struct Rule {
    below: PathBuf,
    part: &'static str,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    calls: usize,
    held: bool,
    failing: bool,
}

impl SyncRule {
    pub fn new(below: &Path, part: &'static str) -> SyncRule {
        let rule = Rule { below: below.into(), part, state: Mutex::default(), changed: Condvar::new() };
        let rule = Arc::new(rule);
        guard(&RULES).push(rule.clone());
        SyncRule(rule)
    }

    /// Syncs wait until [`SyncRule::release`].
    pub fn hold(&self) {
        guard(&self.0.state).held = true;
    }

    pub fn release(&self) {
        guard(&self.0.state).held = false;
        self.0.changed.notify_all();
    }

    /// Syncs fail with EIO.
    pub fn fail(&self) {
        guard(&self.0.state).failing = true;
    }

    /// Syncs begun so far.
    pub fn calls(&self) -> usize {
        guard(&self.0.state).calls
    }

    /// Waits until so many syncs were begun.
    pub fn await_calls(&self, calls: usize) {
        let state = guard(&self.0.state);
        let too_few = |state: &mut State| state.calls < calls;
        let (state, waited) = self.0.changed.wait_timeout_while(state, PATIENCE, too_few).unwrap();
        assert!(!waited.timed_out(), "{} syncs were begun, {calls} expected", state.calls);
    }
}

impl Drop for SyncRule {
    fn drop(&mut self) {
        self.release();
        guard(&RULES).retain(|rule| !Arc::ptr_eq(rule, &self.0));
    }
}

impl Rule {
    /// Whether the sync shall fail.
    fn meet(&self) -> bool {
        let mut state = guard(&self.state);
        state.calls += 1;
        self.changed.notify_all();
        let state =
            self.changed.wait_while(state, |state| state.held).unwrap_or_else(PoisonError::into_inner);
        state.failing
    }
}

fn guard<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn sync(call: libc::c_long, fd: c_int) -> c_int {
    let path = std::fs::read_link(format!("/proc/self/fd/{fd}")).unwrap_or_default();
    let matches =
        |rule: &&Arc<Rule>| path.starts_with(&rule.below) && path.to_string_lossy().contains(rule.part);
    let rule = guard(&RULES).iter().find(matches).cloned();
    if rule.is_some_and(|rule| rule.meet()) {
        // SAFETY: the C library gives every thread its own valid location.
        unsafe { *libc::__errno_location() = libc::EIO };
        return -1;
    }
    // SAFETY: both system calls take one descriptor and no pointer.
    unsafe { libc::syscall(call, fd) as c_int }
}

/// Called by the standard library in place of the C library's function.
// SAFETY: same name, arguments and result as the function it stands in for.
#[unsafe(no_mangle)]
pub extern "C" fn fdatasync(fd: c_int) -> c_int {
    sync(libc::SYS_fdatasync, fd)
}

/// Called by the standard library in place of the C library's function.
// SAFETY: same name, arguments and result as the function it stands in for.
#[unsafe(no_mangle)]
pub extern "C" fn fsync(fd: c_int) -> c_int {
    sync(libc::SYS_fsync, fd)
}
