//! Texts made comparable: without case, accents, vowel signs and superfluous space.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The text as it is compared: compatibility decomposition (Unicode UAX #15), marks left out, lower case, one space between words.
/// `ÉTÉ` and `ete` are the same, and so are `إلغاء` and `الغاء`.
pub fn fold(text: &str) -> String {
    let plain: String = text
        .nfkd()
        .filter(|c| !is_combining_mark(*c) && !is_invisible(*c))
        .flat_map(char::to_lowercase)
        // What lower case brings in anew, as the dot of `İ`.
        .filter(|c| !is_combining_mark(*c))
        .collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Joiners, direction marks and the Arabic letter extender.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{0640}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_people_take_for_the_same_is_the_same() {
        let check = |text: &str, expected: &str| assert_eq!(fold(text), expected, "{text}");
        check("  STOP ", "stop");
        check("Arrêt", "arret");
        check("ARRE\u{302}T", "arret");
        check("إلغاء", "الغاء");
        check("إِلْغَاء", "الغاء");
        check("Dés  inscription\n", "des inscription");
        check("İptal", "iptal");
        check("ｓｔｏｐ", "stop");
        check("\u{200f}stop\u{200f}", "stop");
        check("", "");
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing_more(text in "\\PC{0,40}") {
            prop_assert_eq!(fold(&fold(&text)), fold(&text));
        }
    }
}
