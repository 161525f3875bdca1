//! How this process holds memory: many small allocations, most of them idle.

use libmimalloc_sys::{mi_option_set, mi_option_t};

/// Milliseconds that free pages are kept for; mimalloc's header numbers it so, its bindings have no name for it.
const PURGE_DELAY: mi_option_t = 15;

/// Wants ordinary pages, and free ones given back at once. Must be called before much is allocated.
///
/// Pages of 2 MiB fill badly (measured: 31 KiB more a number), and a delayed return never comes for a thread that went idle after a
/// burst of logins (18 KiB more). Where the kernel or another allocator knows no such wish, nothing changes.
pub fn prepare() {
    // SAFETY: this option takes integers only and changes nothing but how later pages are mapped.
    unsafe { libc::prctl(libc::PR_SET_THP_DISABLE, 1, 0, 0, 0) };
    // SAFETY: the option is one of those that may be set at any time; the call takes integers only.
    unsafe { mi_option_set(PURGE_DELAY, 0) };
}
