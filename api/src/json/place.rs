//! Cursors of lists whose places are the engine's own bytes: marked with the list that gave them out.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use trunkline_model::Failure;
use trunkline_model::command::Place;

use crate::query::{Query, malformed};

/// Longest cursor that is looked at, in bytes of its written form.
const CURSOR_BYTES_MAX: usize = 512;

/// A list with such cursors: the first byte of each of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PlaceIn {
    /// Chats.
    Chats = b'c' as isize,
    /// Messages of a chat, or of a search within one.
    Messages = b'h' as isize,
    /// Messages of a search over all chats.
    Search = b's' as isize,
    /// People.
    Contacts = b'p' as isize,
    /// Templates.
    Templates = b't' as isize,
    /// The address book.
    Book = b'b' as isize,
    /// The suppression list.
    Suppressions = b'u' as isize,
    /// Campaigns.
    Campaigns = b'g' as isize,
    /// People of a campaign.
    Recipients = b'r' as isize,
    /// Schedules.
    Schedules = b'd' as isize,
}

impl PlaceIn {
    /// The written form of a place in this list.
    pub(crate) fn encode(self, place: &Place) -> String {
        URL_SAFE_NO_PAD.encode([&[self as u8], place.0.as_slice()].concat())
    }

    /// `?cursor=` of this list.
    ///
    /// # Errors
    /// `MALFORMED_REQUEST` for anything but a cursor of this list.
    pub(crate) fn of(self, query: &Query) -> Result<Option<Place>, Failure> {
        let expected = "is not a cursor of this list; give the last `next_cursor` or leave it out";
        query
            .get("cursor")
            .map(|text| self.decode(text).ok_or_else(|| malformed("cursor", expected)))
            .transpose()
    }

    fn decode(self, text: &str) -> Option<Place> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok().filter(|_| text.len() <= CURSOR_BYTES_MAX)?;
        let (list, place) = bytes.split_first()?;
        (*list == self as u8).then(|| Place(place.to_vec()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_place_reads_back_in_its_own_list_alone(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let place = Place(bytes);
            let written = PlaceIn::Chats.encode(&place);
            prop_assert_eq!(PlaceIn::Chats.decode(&written), Some(place));
            prop_assert_eq!(PlaceIn::Contacts.decode(&written), None);
        }
    }
}
