use std::cell::RefCell;

use super::*;
use crate::transport::frames::CLIENT_HEADER_BYTES_MAX;
use crate::transport::scratch;

/// A kernel that takes so many bytes until it is given more room.
#[derive(Default)]
struct Kernel {
    room: RefCell<usize>,
    taken: RefCell<Vec<u8>>,
}

impl Kernel {
    fn make_room(&self, bytes: usize) {
        *self.room.borrow_mut() += bytes;
    }

    fn taken(&self) -> Vec<u8> {
        self.taken.take()
    }
}

impl TryWrite for Kernel {
    fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        let mut room = self.room.borrow_mut();
        let bytes = &bytes[..bytes.len().min(*room)];
        if bytes.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        *room -= bytes.len();
        self.taken.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }
}

/// Opcode and unmasked payload of a client's short frame, and what follows it.
fn unmask(bytes: &[u8]) -> (u8, Vec<u8>, &[u8]) {
    let length = usize::from(bytes[1] & 0x7f);
    let (mask, rest) = bytes[2..].split_first_chunk::<4>().expect("a mask");
    let payload = rest[..length].iter().zip(mask.iter().cycle()).map(|(byte, key)| byte ^ key);
    (bytes[0] & 0x0f, payload.collect(), &rest[length..])
}

fn ping(wire: &mut Wire, kernel: &Kernel, payload: &[u8]) {
    let bytes = [&[0x89, payload.len() as u8], payload].concat();
    scratch::with(|scratch| {
        let received = wire.receive_plain(scratch, &bytes, |data| assert_eq!(data, None));
        assert!(matches!(received, Ok(Flow::Open)));
        wire.answer(scratch, None, kernel).expect("written or kept");
    });
}

fn send(wire: &mut Wire, kernel: &Kernel, out: &mut Outgoing) -> Written {
    scratch::with(|scratch| wire.send(scratch, out, kernel)).expect("written or kept")
}

#[test]
fn a_message_leaves_as_the_kernel_takes_it() {
    let kernel = Kernel::default();
    let mut wire = Wire::new(RecordLayer::Plain);
    let mut out = Outgoing::new(Bytes::from_static(b"a message"));
    assert_eq!(send(&mut wire, &kernel, &mut out), Written::Blocked);
    for _ in 0..14 {
        kernel.make_room(1);
        assert_eq!(send(&mut wire, &kernel, &mut out), Written::Blocked);
    }
    kernel.make_room(1);
    assert_eq!(send(&mut wire, &kernel, &mut out), Written::All);
    assert_eq!(unmask(&kernel.taken()), (2, b"a message".to_vec(), &[][..]));
    assert_eq!(wire.memory_bytes(), (0, 0, 0));
}

#[test]
fn only_the_last_ping_is_answered_when_the_kernel_takes_nothing() {
    let kernel = Kernel::default();
    let mut wire = Wire::new(RecordLayer::Plain);
    for payload in [b"first", b"again", b"later", b"other"] {
        ping(&mut wire, &kernel, payload);
    }
    assert!(wire.wants_flush());
    kernel.make_room(1_000);
    let flushed = scratch::with(|scratch| wire.flush(scratch, &kernel));
    assert_eq!(flushed.expect("written"), Written::All);
    let taken = kernel.taken();
    let (opcode, payload, rest) = unmask(&taken);
    assert_eq!((opcode, &payload[..]), (10, &b"first"[..]));
    assert_eq!(unmask(rest), (10, b"other".to_vec(), &[][..]));
    assert!(!wire.wants_flush());
}

#[test]
fn an_unfinished_frame_is_followed_by_nothing_else() {
    let kernel = Kernel::default();
    let mut wire = Wire::new(RecordLayer::Plain);
    let mut large = Outgoing::new(Bytes::from(vec![7; 2 * WRITE_PIECE_BYTES]));
    kernel.make_room(10);
    assert_eq!(send(&mut wire, &kernel, &mut large), Written::Blocked);
    kernel.make_room(1_000_000);
    ping(&mut wire, &kernel, b"wait");
    let farewell = scratch::with(|scratch| wire.close(scratch, &kernel));
    farewell.expect("nothing to say");
    let piece_bytes = CLIENT_HEADER_BYTES_MAX + WRITE_PIECE_BYTES;
    assert_eq!(kernel.taken().len(), piece_bytes, "neither pong nor close frame");
    let next =
        scratch::with(|scratch| wire.send(scratch, &mut Outgoing::new(Bytes::from_static(b"next")), &kernel));
    assert!(matches!(next, Err(WriteError::CutOff)));
    assert_eq!(send(&mut wire, &kernel, &mut large), Written::All);
    let taken = kernel.taken();
    assert_eq!(unmask(&taken[taken.len() - 10..]), (10, b"wait".to_vec(), &[][..]));
}

#[test]
fn a_kernel_that_fails_ends_it() {
    struct Broken(io::ErrorKind);
    impl TryWrite for Broken {
        fn try_write(&self, _: &[u8]) -> io::Result<usize> {
            if self.0 == io::ErrorKind::WriteZero { Ok(0) } else { Err(self.0.into()) }
        }
    }
    for kind in [io::ErrorKind::BrokenPipe, io::ErrorKind::WriteZero] {
        let mut wire = Wire::new(RecordLayer::Plain);
        let mut out = Outgoing::new(Bytes::from_static(b"data"));
        match scratch::with(|scratch| wire.send(scratch, &mut out, &Broken(kind))) {
            Err(WriteError::Io(error)) => assert_eq!(error.kind(), kind),
            other => panic!("{other:?}"),
        }
    }
}
