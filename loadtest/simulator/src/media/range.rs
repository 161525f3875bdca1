//! `Range: bytes=…` with one part.

use std::ops::Range;

/// What a range header asks for.
#[derive(Debug, PartialEq, Eq)]
pub enum Parsed {
    /// These bytes.
    Part(Range<usize>),
    /// Bytes the file does not have.
    Unsatisfiable,
    /// Not understood: the whole file is the right answer (RFC 9110 §14.2).
    Ignored,
}

/// Parses a range header for a file of `length` bytes.
pub fn parse(header: &str, length: usize) -> Parsed {
    let Some((first, last)) = header.trim().strip_prefix("bytes=").and_then(|spec| spec.split_once('-'))
    else {
        return Parsed::Ignored;
    };
    let range = match (first.parse::<usize>(), last.parse::<usize>()) {
        (Ok(first), Ok(last)) if first <= last => first..last.saturating_add(1).min(length),
        (Ok(first), _) if last.is_empty() => first..length,
        (_, Ok(suffix)) if first.is_empty() => length.saturating_sub(suffix)..length,
        _ => return Parsed::Ignored,
    };
    if range.start < range.end { Parsed::Part(range) } else { Parsed::Unsatisfiable }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        for (header, expected) in [
            ("bytes=0-3", Parsed::Part(0..4)),
            ("bytes=4-", Parsed::Part(4..10)),
            ("bytes=-3", Parsed::Part(7..10)),
            ("bytes=8-99", Parsed::Part(8..10)),
            ("bytes=10-", Parsed::Unsatisfiable),
            ("bytes=-0", Parsed::Unsatisfiable),
            ("bytes=5-2", Parsed::Ignored),
            ("bytes=0-1,4-5", Parsed::Ignored),
            ("items=0-1", Parsed::Ignored),
        ] {
            assert_eq!(parse(header, 10), expected, "{header}");
        }
    }
}
