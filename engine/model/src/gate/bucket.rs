//! A token bucket in whole numbers: millionths of a token, milliseconds.

/// One token.
const TOKEN: i64 = 1_000_000;

/// A bucket of tokens that fills by itself, and may be overdrawn.
#[derive(Debug)]
pub(super) struct Bucket {
    /// Millionths of a token that one millisecond brings.
    per_ms: i64,
    full: i64,
    level: i64,
    at_ms: u64,
}

impl Bucket {
    /// A full bucket. Both numbers are at least 1; 0 counts as 1.
    pub(super) fn full(per_second: u32, burst: u32) -> Bucket {
        let full = i64::from(burst.max(1)) * TOKEN;
        Bucket { per_ms: i64::from(per_second.max(1)) * TOKEN / 1_000, full, level: full, at_ms: 0 }
    }

    fn fill(&mut self, now_ms: u64) {
        let passed_ms = i64::try_from(now_ms.saturating_sub(self.at_ms)).unwrap_or(i64::MAX);
        self.level = passed_ms.saturating_mul(self.per_ms).saturating_add(self.level).min(self.full);
        self.at_ms = self.at_ms.max(now_ms);
    }

    /// Whether a token is there.
    ///
    /// # Errors
    /// When one will be.
    pub(super) fn ready(&mut self, now_ms: u64) -> Result<(), u64> {
        match self.missing_ms(now_ms, TOKEN) {
            0 => Ok(()),
            wait_ms => Err(now_ms + wait_ms),
        }
    }

    /// Milliseconds until one more token may be taken on top of what is owed, with so many owed at the most.
    pub(super) fn wait_in_advance_ms(&mut self, now_ms: u64, in_advance: u32) -> u64 {
        self.missing_ms(now_ms, TOKEN - i64::from(in_advance) * TOKEN)
    }

    fn missing_ms(&mut self, now_ms: u64, wanted: i64) -> u64 {
        self.fill(now_ms);
        let missing = (wanted - self.level).max(0);
        (missing.unsigned_abs()).div_ceil(self.per_ms.unsigned_abs())
    }

    /// Takes a token, there or not.
    pub(super) fn take(&mut self, now_ms: u64) {
        self.fill(now_ms);
        self.level -= TOKEN;
    }
}
