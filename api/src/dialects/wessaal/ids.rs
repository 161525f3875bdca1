//! Ids as the service has them: whole numbers that every JSON reader holds exactly.
//!
//! They are the upper bits of Trunkline's own ids, plus one since none is 0. So a list in the order of ids is in the order of these as
//! well, and the few ids that share one lie beside each other. Where two of an account do, which is next to impossible, the number names
//! neither: nobody gets what is meant for another.

use trunkline_model::command::Place;

/// Bits of our ids that are left out: what remains fits in the 53 that JSON numbers have everywhere.
const LEFT_OUT: u32 = 12;

/// The number of an id.
pub(super) fn public(id: u64) -> u64 {
    (id >> LEFT_OUT) + 1
}

/// The id before the first of a number: `None` where that is the first of all. The outer `None` is for what is no number of any.
pub(super) fn before(number: u64) -> Option<Option<u64>> {
    let first = number.checked_sub(1).filter(|upper| *upper <= u64::MAX >> LEFT_OUT)? << LEFT_OUT;
    Some(first.checked_sub(1))
}

/// The same as a place in a list in the order of ids.
pub(super) fn place_of(number: u64) -> Option<Option<Place>> {
    before(number).map(|before| before.map(|before| Place(before.to_be_bytes().to_vec())))
}

/// The one thing that has the number.
pub(super) fn only<T>(found: impl IntoIterator<Item = T>, id: impl Fn(&T) -> u64, number: u64) -> Option<T> {
    let mut found = found.into_iter().filter(|thing| public(id(thing)) == number);
    let one = found.next()?;
    found.next().is_none().then_some(one)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_number_names_one_thing_or_none() {
        let numbers = [0x1000, 0x2000, 0x2001, 0x3000];
        assert_eq!(only(numbers, |id| *id, 2), Some(0x1000));
        assert_eq!(only(numbers, |id| *id, 3), None, "two have it");
        assert_eq!(only(numbers, |id| *id, 9), None);
        assert_eq!((place_of(0), place_of(u64::MAX), place_of(1)), (None, None, Some(None)));
    }

    proptest! {
        #[test]
        fn numbers_are_exact_in_json_and_lead_back(id: u64) {
            let number = public(id);
            prop_assert!((1..1 << 53).contains(&number));
            let before = before(number).expect("it is the number of an id");
            prop_assert!(before.is_none_or(|before| before < id && id - before <= 1 << LEFT_OUT));
        }
    }
}
