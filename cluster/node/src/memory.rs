//! How this process holds memory: many small allocations, most of them idle.

/// Wants ordinary pages. Must be called before much is allocated.
///
/// Pages of 2 MiB fill badly (measured: 31 KiB more a number). Where the kernel knows no such wish, nothing changes.
pub fn prepare() {
    // SAFETY: this option takes integers only and changes nothing but how later pages are mapped.
    unsafe { libc::prctl(libc::PR_SET_THP_DISABLE, 1, 0, 0, 0) };
}

/// Gives pages that are free to the system. To be called every few seconds.
///
/// The allocator keeps free pages for a while, because most are wanted again at once: giving each back when it becomes free costs
/// a busy front end an eighth of its time. But it looks at them only when it is asked for memory, and a thread that went idle after
/// a burst of logins does not ask (measured: 18 KiB more a number).
pub fn give_back() {
    // SAFETY: may be called from any thread at any time; it touches free memory only.
    unsafe { libmimalloc_sys::mi_collect(true) };
}
