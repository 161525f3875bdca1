use proptest::prelude::*;

use super::*;
use crate::limits::READ_AHEAD_BYTES;

const MAX: usize = 1 << 20;

/// A server's frame: first byte, payload. The shortest length form, unmasked.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match payload.len() {
        short @ 0..=125 => bytes.push(short as u8),
        medium @ 126..=0xffff => {
            bytes.push(126);
            bytes.extend_from_slice(&(medium as u16).to_be_bytes());
        }
        long => {
            bytes.push(127);
            bytes.extend_from_slice(&(long as u64).to_be_bytes());
        }
    }
    bytes.extend_from_slice(payload);
    bytes
}

fn owned(message: Message<'_>) -> Message<'static> {
    match message {
        Message::Binary(bytes) => Message::Binary(bytes.into_owned().into()),
        Message::Text(bytes) => Message::Text(bytes.into_owned().into()),
        Message::Ping(bytes) => Message::Ping(bytes.into_owned().into()),
        Message::Pong => Message::Pong,
        Message::Close(close) => Message::Close(close),
    }
}

/// Feeds the pieces one after the other.
fn unframe<'a>(
    unframer: &mut Unframer,
    pieces: impl Iterator<Item = &'a [u8]>,
) -> Result<Vec<Message<'static>>, FrameError> {
    let mut messages = Vec::new();
    for mut piece in pieces {
        while let Some(message) = unframer.next(&mut piece)? {
            messages.push(owned(message));
        }
        assert!(piece.is_empty(), "`None` means that everything is taken");
    }
    Ok(messages)
}

fn binary(bytes: &[u8]) -> Message<'static> {
    Message::Binary(bytes.to_vec().into())
}

fn closing(code: Option<u16>, reason: &str) -> Message<'static> {
    Message::Close(CloseFrame { code, reason: reason.to_owned() })
}

#[test]
fn what_the_standard_allows() {
    let check = |bytes: &[Vec<u8>], expected: &[Message<'static>]| {
        let bytes = bytes.concat();
        for size in [1, 2, 3, 7, 64, usize::MAX] {
            let mut unframer = Unframer::new(MAX);
            let messages = unframe(&mut unframer, bytes.chunks(size.min(bytes.len())));
            assert_eq!(messages.as_deref(), Ok(expected), "in pieces of {size}");
            assert_eq!(unframer.held_bytes(), 0);
        }
    };
    check(&[frame(0x82, b"abc")], &[binary(b"abc")]);
    check(&[frame(0x82, b"")], &[binary(b"")]);
    for length in [125, 126, 127, 0xffff, 0x1_0000, 70_001] {
        check(&[frame(0x82, &vec![7; length])], &[binary(&vec![7; length])]);
    }
    check(&[frame(0x81, b"text")], &[Message::Text(b"text".into())]);
    check(&[frame(0x02, b"ab"), frame(0x00, b""), frame(0x80, b"c")], &[binary(b"abc")]);
    check(&[frame(0x01, b"ab"), frame(0x80, b"c")], &[Message::Text(b"abc".into())]);
    let between = [frame(0x02, b"ab"), frame(0x89, b"ping"), frame(0x8a, b""), frame(0x80, b"c")];
    check(&between, &[Message::Ping(b"ping".into()), Message::Pong, binary(b"abc")]);
    check(&[frame(0x88, b"")], &[closing(None, "")]);
    check(&[frame(0x88, b"\x03\xe9later")], &[closing(Some(1001), "later")]);
    check(&[frame(0x88, b"\x0f\xa0\xff")], &[closing(Some(4000), "\u{fffd}")]);
}

#[test]
fn what_the_standard_forbids() {
    let check = |bytes: &[u8], expected: FrameError| {
        for size in [1, bytes.len()] {
            let found = unframe(&mut Unframer::new(MAX), bytes.chunks(size));
            assert_eq!(found, Err(expected), "{bytes:?} in pieces of {size}");
        }
    };
    for reserved in [0xc2, 0xa2, 0x92] {
        check(&frame(reserved, b"a"), FrameError::ReservedBits);
    }
    for opcode in [3, 7, 11, 15] {
        check(&frame(0x80 | opcode, b"a"), FrameError::ReservedOpcode(opcode));
    }
    check(&[0x82, 0x81, 1, 2, 3, 4, 5], FrameError::Masked);
    check(&[0x82, 126, 0, 125], FrameError::PaddedLength);
    check(&[0x82, 127, 0, 0, 0, 0, 0, 0, 0xff, 0xff], FrameError::PaddedLength);
    check(&[0x89, 126, 0, 126], FrameError::LongControl);
    check(&frame(0x09, b"a"), FrameError::FragmentedControl);
    check(&frame(0x80, b"a"), FrameError::LoneContinuation);
    check(&[frame(0x02, b"a"), frame(0x82, b"b")].concat(), FrameError::InterruptedMessage);
    check(&frame(0x88, b"x"), FrameError::MalformedClose);
    for code in [0_u16, 999, 1004, 1005, 1006, 1015, 2999, 5000] {
        check(&frame(0x88, &code.to_be_bytes()), FrameError::MalformedClose);
    }
    let long = MAX as u64 + 1;
    let mut header = vec![0x82, 127];
    header.extend_from_slice(&long.to_be_bytes());
    check(&header, FrameError::TooLong { bytes: long });
    check(&[0x82, 127, 0xff, 255, 255, 255, 255, 255, 255, 255], FrameError::TooLong { bytes: u64::MAX });
    let mut fragments = frame(0x02, &vec![0; MAX]);
    fragments.extend(frame(0x80, b"x"));
    check(&fragments, FrameError::TooLong { bytes: long });
}

#[test]
fn a_whole_message_is_lent_and_a_cut_one_has_its_size() {
    let bytes = [frame(0x82, b"abc"), frame(0x82, &[5; 300])].concat();
    let mut unframer = Unframer::new(MAX);
    let mut input = &bytes[..];
    let first = unframer.next(&mut input).expect("fine");
    assert!(matches!(first, Some(Message::Binary(Cow::Borrowed(b"abc")))));
    let (mut head, mut tail) = input.split_at(100);
    assert_eq!(unframer.next(&mut head), Ok(None));
    match unframer.next(&mut tail) {
        Ok(Some(Message::Binary(Cow::Owned(bytes)))) => {
            assert_eq!((bytes.len(), bytes.capacity()), (300, 300));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(unframer.held_bytes(), 0);
}

#[test]
fn a_length_alone_costs_nothing() {
    let mut header = vec![0x82, 127];
    header.extend_from_slice(&(MAX as u64).to_be_bytes());
    header.push(1);
    let mut unframer = Unframer::new(MAX);
    assert_eq!(unframe(&mut unframer, [&header[..]].into_iter()), Ok(Vec::new()));
    assert!(unframer.held_bytes() < READ_AHEAD_BYTES + 1_024, "{}", unframer.held_bytes());
}

#[test]
fn a_masked_frame_reads_back() {
    let payload: Vec<u8> = (0..=255).cycle().take(70_000).collect();
    let mask = [1, 2, 3, 4];
    for (length, header_bytes) in [(0, 6), (125, 6), (126, 8), (65_535, 8), (65_536, 14)] {
        let mut whole = Vec::new();
        binary_frame(&payload[..length], mask, &mut whole);
        assert_eq!(whole.len(), header_bytes + length);
        assert!(header_bytes <= CLIENT_HEADER_BYTES_MAX);
        // The same in uneven pieces.
        let mut pieces = Vec::new();
        begin_binary_frame(length as u64, mask, &mut pieces);
        let mut at = 0;
        for piece in payload[..length].chunks(1_021) {
            mask_payload(piece, mask, at, &mut pieces);
            at += piece.len();
        }
        assert_eq!(whole, pieces);
        for (index, (byte, plain)) in whole[header_bytes..].iter().zip(&payload).enumerate() {
            assert_eq!(*byte, plain ^ mask[index % 4]);
        }
    }
}

/// A part of a stream that keeps to the rules.
#[derive(Debug, Clone)]
enum Part {
    /// A binary message in so many fragments, with a ping between any two of them.
    Message(Vec<Vec<u8>>),
    Ping(Vec<u8>),
}

fn part() -> impl Strategy<Value = Part> {
    let payload = proptest::collection::vec(any::<u8>(), 0..400);
    prop_oneof![
        proptest::collection::vec(payload, 1..4).prop_map(Part::Message),
        proptest::collection::vec(any::<u8>(), 0..=125).prop_map(Part::Ping),
    ]
}

fn stream(parts: &[Part]) -> (Vec<u8>, Vec<Message<'static>>) {
    let (mut bytes, mut expected) = (Vec::new(), Vec::new());
    for part in parts {
        match part {
            Part::Ping(payload) => {
                bytes.extend(frame(0x89, payload));
                expected.push(Message::Ping(payload.clone().into()));
            }
            Part::Message(fragments) => {
                for (index, fragment) in fragments.iter().enumerate() {
                    if index > 0 {
                        bytes.extend(frame(0x89, b"between"));
                        expected.push(Message::Ping(b"between".into()));
                    }
                    let opcode = if index == 0 { 2 } else { 0 };
                    let fin = if index + 1 == fragments.len() { 0x80 } else { 0 };
                    bytes.extend(frame(fin | opcode, fragment));
                }
                expected.push(binary(&fragments.concat()));
            }
        }
    }
    (bytes, expected)
}

/// Cuts `bytes` at places that `cuts` chooses.
fn pieces<'a>(bytes: &'a [u8], cuts: &'a [usize]) -> impl Iterator<Item = &'a [u8]> {
    let mut rest = bytes;
    let mut cuts = cuts.iter().cycle();
    std::iter::from_fn(move || {
        let size = (*cuts.next()?).clamp(1, rest.len().max(1)).min(rest.len());
        let (piece, left) = rest.split_at(size);
        rest = left;
        (!piece.is_empty()).then_some(piece)
    })
}

proptest! {
    #[test]
    fn messages_do_not_depend_on_the_pieces(
        parts in proptest::collection::vec(part(), 0..8),
        cuts in proptest::collection::vec(1_usize..300, 1..12),
    ) {
        let (bytes, expected) = stream(&parts);
        let mut unframer = Unframer::new(MAX);
        prop_assert_eq!(unframe(&mut unframer, pieces(&bytes, &cuts)), Ok(expected));
        prop_assert_eq!(unframer.held_bytes(), 0);
    }

    #[test]
    fn rubbish_ends_the_same_way_in_any_pieces(
        bytes in proptest::collection::vec(prop_oneof![any::<u8>(), Just(0x82), Just(0), Just(126)], 0..2_000),
        cuts in proptest::collection::vec(1_usize..90, 1..12),
    ) {
        let whole = unframe(&mut Unframer::new(MAX), [&bytes[..]].into_iter());
        let mut unframer = Unframer::new(MAX);
        let cut = unframe(&mut unframer, pieces(&bytes, &cuts));
        prop_assert_eq!(whole.is_err(), cut.is_err());
        if whole.is_ok() {
            prop_assert_eq!(whole, cut);
        }
        prop_assert!(unframer.held_bytes() <= 2 * bytes.len() + READ_AHEAD_BYTES + 1_024);
    }
}
