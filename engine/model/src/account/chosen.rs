//! Secrets that a caller chose instead of having one made.

use crate::limits::{KEY_CHOSEN_BYTES_MAX, KEY_CHOSEN_BYTES_MIN, KEY_CHOSEN_KINDS_MIN};

/// Whether a text serves as a secret: it is kept as a plain hash, as those are that are made of 256 random bits, so it must not
/// be one that somebody guesses.
///
/// # Errors
/// What is wrong with it; reads on from the name of the field.
pub fn check_chosen(secret: &str) -> Result<(), String> {
    if !(KEY_CHOSEN_BYTES_MIN..=KEY_CHOSEN_BYTES_MAX).contains(&secret.len()) {
        return Err(format!("is not {KEY_CHOSEN_BYTES_MIN} to {KEY_CHOSEN_BYTES_MAX} characters long"));
    }
    // It goes through a header.
    if !secret.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("has other characters than the visible ones of ASCII".to_owned());
    }
    let mut kinds: Vec<u8> = secret.bytes().collect();
    kinds.sort_unstable();
    kinds.dedup();
    if kinds.len() < KEY_CHOSEN_KINDS_MIN {
        return Err(format!("has fewer than {KEY_CHOSEN_KINDS_MIN} different characters"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_short_plain_or_not_for_a_header_is_refused() {
        let check = |secret: &str, expected: bool| {
            assert_eq!(check_chosen(secret).is_ok(), expected, "{secret}");
        };
        check("ws_live_0123456789abcdef0123456789", true);
        check("0123456789abcdef0123456", false);
        check(&"ab".repeat(20), false);
        check("0123456789abcdef 0123456789", false);
        check("0123456789abcdef0123456789\u{e9}", false);
        check(&"0123456789".repeat(20), false);
        check("", false);
    }
}
