//! `frame`: time and allocations from bytes of a socket (TLS already opened) to a stanza that borrows them, and from a stanza to bytes
//! for a socket, beside the path that whatsapp-rust ships: tokio-websockets over the crate's own AES.
//!
//! Each side runs in a process of its own, because a process has one cryptography for Noise.

use std::ffi::OsString;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use futures_util::{FutureExt, SinkExt, StreamExt};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_websockets::{ClientBuilder, Limits, Message};
use trunkline_whatsapp::frames::{self, Unframer, binary_frame};
use wacore_binary::builder::NodeBuilder;
use wacore_binary::marshal::marshal_auto;
use wacore_binary::util::unpack_bytes;
use wacore_binary::{Node, OwnedNodeRef};
use wacore_noise::NoiseCipher;
use wacore_noise::framing::{FrameDecoder, encode_frame};

use super::Scale;
use super::support::directory;
use crate::alloc::allocations;
use crate::error::{Bench, BenchError, During};
use crate::report::Figure;
use crate::stage::Child;

/// Ciphertext of a short text message, in bytes.
const CIPHERTEXT_BYTES: usize = 200;
/// Frames that a read of a busy socket brings.
const FRAMES_PER_READ: u32 = 8;
/// Largest message, as in the product.
const MESSAGE_BYTES_MAX: usize = 1 << 24;
/// Key of both directions; what is in it does not matter.
const KEY: [u8; 32] = [7; 32];
const MASK: [u8; 4] = [1, 2, 3, 4];

#[derive(Debug, Serialize, Deserialize)]
struct Cost {
    in_ns: f64,
    in_allocations: f64,
    out_ns: f64,
    out_allocations: f64,
}

/// Plays the case.
///
/// # Errors
/// When a side fails.
pub async fn run(scale: Scale) -> Bench<Vec<Figure>> {
    let reads = scale.of(200_000, 5_000);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..scale.of(7, 2) {
        ours.push(side("ours", reads).await?);
        theirs.push(side("theirs", reads).await?);
    }
    let beside = "tokio-websockets and RustCrypto";
    let figure = |metric: &str, unit: &str, of: fn(&Cost) -> f64| {
        let there: Vec<f64> = theirs.iter().map(of).collect();
        Figure::new(metric, unit, ours.iter().map(of).collect()).beside(beside, &there)
    };
    Ok(vec![
        figure("socket bytes to borrowed stanza", "ns", |cost| cost.in_ns),
        figure("allocations of that", "allocations", |cost| cost.in_allocations),
        figure("stanza to socket bytes", "ns", |cost| cost.out_ns),
        figure("allocations of that", "allocations", |cost| cost.out_allocations),
    ])
}

async fn side(name: &str, reads: u32) -> Bench<Cost> {
    let place = directory()?;
    let mut child =
        Child::role("the frames", &["frames", name, &reads.to_string()], &place.path().join("log"))?;
    serde_json::from_str(&child.line().await?).during("reading the cost of frames")
}

/// The child: `frames ours|theirs READS`.
///
/// # Errors
/// When a frame does not open.
#[allow(clippy::print_stdout, reason = "its answer to the parent")]
pub fn play(arguments: &[OsString]) -> Bench<()> {
    let [side, reads] = arguments else { return Err(BenchError::new("a side and a number are needed")) };
    let reads: u32 = reads.to_string_lossy().parse().during("reading the number of reads")?;
    let ours = side == "ours";
    if ours {
        trunkline_whatsapp::install_crypto_provider();
    }
    let cost = if ours { our_cost(reads)? } else { their_cost(reads)? };
    println!("{}", serde_json::to_string(&cost).during("writing the cost of frames")?);
    Ok(())
}

fn stanza() -> Node {
    let ciphertext =
        NodeBuilder::new("enc").attr("v", "2").attr("type", "msg").bytes(vec![9; CIPHERTEXT_BYTES]).build();
    NodeBuilder::new("message")
        .attr("from", "5511900000001@s.whatsapp.net")
        .attr("id", "3EB0C767D26A1B3F2E")
        .attr("type", "text")
        .attr("t", "1763700000")
        .attr("notify", "Maria")
        .children([ciphertext])
        .build()
}

/// What one read brings: WebSocket messages of a server with one Noise frame each, from the first counter on.
fn socket_bytes(first: u32) -> Bench<Vec<u8>> {
    let cipher = NoiseCipher::new(&KEY).during("making a cipher")?;
    let mut bytes = Vec::new();
    for counter in first..first + FRAMES_PER_READ {
        let plain = marshal_auto(&stanza()).during("writing a stanza")?;
        let sealed = cipher.encrypt_with_counter(counter, &plain).during("sealing a frame")?;
        let frame = encode_frame(&sealed, None).during("framing")?;
        // A server's frame of medium length: unmasked, 16 bits of length.
        bytes.extend_from_slice(&[0x82, 126]);
        bytes.extend_from_slice(&(frame.len() as u16).to_be_bytes());
        bytes.extend_from_slice(&frame);
    }
    Ok(bytes)
}

/// Noise and stanza, which both sides share but for the cipher.
struct Noise {
    decoder: FrameDecoder,
    cipher: NoiseCipher,
    counter: u32,
}

impl Noise {
    fn new() -> Bench<Noise> {
        let cipher = NoiseCipher::new(&KEY).during("making a cipher")?;
        Ok(Noise { decoder: FrameDecoder::new(), cipher, counter: 0 })
    }

    /// Opens what a transport handed over, and reads the stanza.
    fn open(&mut self, data: &Bytes) -> Bench<usize> {
        self.decoder.feed(data);
        let mut length = 0;
        while let Some(mut frame) = self.decoder.decode_frame() {
            // The same bytes come again and again, sealed under the first counters.
            let counter = self.counter % FRAMES_PER_READ;
            self.counter = self.counter.wrapping_add(1);
            self.cipher.decrypt_in_place_with_counter(counter, &mut frame).during("opening a frame")?;
            let node =
                OwnedNodeRef::new(unpack_bytes(frame).during("unpacking")?).during("reading a stanza")?;
            length += std::hint::black_box(node.get()).tag.len();
        }
        Ok(length)
    }

    /// A frame for a transport.
    fn seal(&mut self, stanza: &Node) -> Bench<Bytes> {
        let plain = marshal_auto(stanza).during("writing a stanza")?;
        let mut sealed = BytesMut::from(plain.as_slice());
        self.counter = self.counter.wrapping_add(1);
        self.cipher.encrypt_in_place_with_counter(self.counter, &mut sealed).during("sealing a frame")?;
        encode_frame(&sealed, None).map(Bytes::from).during("framing")
    }
}

/// Time and allocations of `reads` turns of `turn`, for each of a read's frames.
fn measured(reads: u32, mut turn: impl FnMut() -> Bench<usize>) -> Bench<(f64, f64)> {
    for _ in 0..reads / 10 {
        turn()?;
    }
    let (before, began) = (allocations(), Instant::now());
    for _ in 0..reads {
        std::hint::black_box(turn()?);
    }
    let frames = f64::from(reads) * f64::from(FRAMES_PER_READ);
    Ok((began.elapsed().as_nanos() as f64 / frames, (allocations() - before) as f64 / frames))
}

fn our_cost(reads: u32) -> Bench<Cost> {
    let bytes = socket_bytes(0)?;
    let mut noise = Noise::new()?;
    let mut unframer = Unframer::new(MESSAGE_BYTES_MAX);
    let (in_ns, in_allocations) = measured(reads, || {
        let (mut rest, mut length) = (&bytes[..], 0);
        while let Some(message) = unframer.next(&mut rest).during("unframing")? {
            let frames::Message::Binary(data) = message else {
                return Err(BenchError::new("not a binary message"));
            };
            // The one copy: what leaves the shard's buffer.
            length += noise.open(&Bytes::copy_from_slice(&data))?;
        }
        Ok(length)
    })?;
    let (stanza, mut out) = (stanza(), Vec::new());
    let (out_ns, out_allocations) = measured(reads, || {
        out.clear();
        for _ in 0..FRAMES_PER_READ {
            binary_frame(&noise.seal(&stanza)?, MASK, &mut out);
        }
        Ok(out.len())
    })?;
    Ok(Cost { in_ns, in_allocations, out_ns, out_allocations })
}

fn their_cost(reads: u32) -> Bench<Cost> {
    let bytes = socket_bytes(0)?;
    let limits = || Limits::default().max_payload_len(Some(MESSAGE_BYTES_MAX));
    let mut noise = Noise::new()?;
    let socket = Loop { bytes, at: 0 };
    let mut stream = ClientBuilder::new().limits(limits()).take_over(socket);
    let never_waits = || BenchError::new("a socket in memory made somebody wait");
    let (in_ns, in_allocations) = measured(reads, || {
        let mut length = 0;
        for _ in 0..FRAMES_PER_READ {
            let message = stream.next().now_or_never().ok_or_else(never_waits)?;
            let message = message.ok_or_else(|| BenchError::new("the stream ended"))?.during("unframing")?;
            length += noise.open(&message.into_payload().into())?;
        }
        Ok(length)
    })?;
    let stanza = stanza();
    let (out_ns, out_allocations) = measured(reads, || {
        for _ in 0..FRAMES_PER_READ {
            let message = Message::binary(noise.seal(&stanza)?);
            stream.send(message).now_or_never().ok_or_else(never_waits)?.during("framing")?;
        }
        Ok(0)
    })?;
    Ok(Cost { in_ns, in_allocations, out_ns, out_allocations })
}

/// A socket in memory that brings the same bytes for ever, and swallows what is written.
struct Loop {
    bytes: Vec<u8>,
    at: usize,
}

impl AsyncRead for Loop {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let length = buffer.remaining().min(self.bytes.len() - self.at);
        buffer.put_slice(&self.bytes[self.at..self.at + length]);
        self.at = (self.at + length) % self.bytes.len();
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Loop {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
