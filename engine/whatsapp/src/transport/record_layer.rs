//! TLS records around the frames, or nothing: in and out of buffers that belong to the shard.

use std::sync::Arc;

use rustls::client::UnbufferedClientConnection;
use rustls::pki_types::ServerName;
use rustls::unbuffered::{ConnectionState, EncodeError, EncodeTlsData, EncryptError, WriteTraffic};
use rustls::{ClientConfig, HandshakeKind};

use crate::limits::TLS_HELD_BYTES_MAX;

/// What sealing adds to one record at most, in bytes: header, nonce or content type, tag; rounded up.
pub(super) const RECORD_OVERHEAD_BYTES: usize = 64;
/// Plain bytes of one record at most.
const RECORD_BYTES_MAX: usize = 1 << 14;
/// What rustls holds for an open connection besides the server's certificates, in bytes; measured by `idle_tests`.
const TLS_STATE_BYTES: usize = 3_328;

/// Why TLS cannot go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsError {
    #[error(transparent)]
    Protocol(#[from] rustls::Error),
    #[error("a record or handshake message is longer than accepted")]
    TooLong,
    #[error("the keys are used up")]
    Exhausted,
    #[error("the stream is not open for data")]
    NotOpen,
}

/// What a connection's bytes are wrapped in.
pub(super) enum RecordLayer {
    Plain,
    Tls(Box<Tls>),
}

pub(super) struct Tls {
    connection: UnbufferedClientConnection,
    /// Received bytes of records that are not whole; nothing for most of a connection's life.
    held: Vec<u8>,
    /// After an error, or after we said that nothing follows: rustls must not be asked again, since it would find the same
    /// error a second time, or one to send an alert for, and it asserts to send none after the last.
    over: bool,
}

/// Whether more can come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    Open,
    /// The peer said that nothing follows.
    Ended,
}

impl RecordLayer {
    /// TLS towards `name`. The first flight comes out of the first [`open`](RecordLayer::open).
    pub(super) fn tls(config: Arc<ClientConfig>, name: ServerName<'static>) -> Result<RecordLayer, TlsError> {
        let connection = UnbufferedClientConnection::new(config, name)?;
        Ok(RecordLayer::Tls(Box::new(Tls { connection, held: Vec::new(), over: false })))
    }

    pub(super) fn is_handshaking(&self) -> bool {
        match self {
            RecordLayer::Plain => false,
            RecordLayer::Tls(tls) => tls.connection.is_handshaking(),
        }
    }

    /// How keys were agreed upon, once they are; `None` without TLS.
    pub(super) fn handshake_kind(&self) -> Option<HandshakeKind> {
        match self {
            RecordLayer::Plain => None,
            RecordLayer::Tls(tls) => tls.connection.handshake_kind(),
        }
    }

    /// Bytes of incomplete records, and of what rustls keeps for an idle connection as far as that can be known.
    pub(super) fn memory_bytes(&self) -> (usize, usize) {
        match self {
            RecordLayer::Plain => (0, 0),
            RecordLayer::Tls(tls) => {
                let chain = tls.connection.peer_certificates().unwrap_or_default();
                let chain_bytes: usize = chain.iter().map(|certificate| certificate.len()).sum();
                (tls.held.capacity(), TLS_STATE_BYTES + chain_bytes)
            }
        }
    }

    /// Puts what is held in front of the bytes at `begin`, and gives where they begin now. `begin` leaves room for
    /// [`TLS_HELD_BYTES_MAX`].
    pub(super) fn prepend_held(&mut self, incoming: &mut [u8], begin: usize) -> usize {
        let RecordLayer::Tls(tls) = self else { return begin };
        let held = std::mem::take(&mut tls.held);
        let begin_held = begin - held.len();
        incoming[begin_held..begin].copy_from_slice(&held);
        begin_held
    }

    /// Opens received bytes, which begin with what was held: `sink` gets what was in them, record by record, and what TLS has
    /// to say by itself is appended to `answer`, also when it is the alert that goes with an error.
    pub(super) fn open<E: From<TlsError>>(
        &mut self,
        incoming: &mut [u8],
        answer: &mut Vec<u8>,
        mut sink: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<Flow, E> {
        let tls = match self {
            RecordLayer::Plain => return sink(incoming).map(|()| Flow::Open),
            RecordLayer::Tls(tls) => tls,
        };
        if tls.over {
            return Ok(Flow::Ended);
        }
        let mut at = 0;
        loop {
            let status = tls.connection.process_tls_records(&mut incoming[at..]);
            let mut discard = status.discard;
            match status.state {
                Ok(ConnectionState::ReadTraffic(mut traffic)) => {
                    while let Some(record) = traffic.next_record() {
                        let record = record.map_err(TlsError::from)?;
                        discard += record.discard;
                        sink(record.payload)?;
                    }
                }
                Ok(ConnectionState::EncodeTlsData(message)) => encode(message, answer)?,
                Ok(ConnectionState::TransmitTlsData(message)) => message.done(),
                Ok(ConnectionState::WriteTraffic(_) | ConnectionState::BlockedHandshake) => {
                    tls.hold(&incoming[at + discard..])?;
                    return Ok(Flow::Open);
                }
                Ok(ConnectionState::PeerClosed | ConnectionState::Closed) => return Ok(Flow::Ended),
                Ok(_) => return Err(TlsError::NotOpen.into()),
                Err(error) => {
                    tls.fail(&mut incoming[at + discard..], answer)?;
                    return Err(TlsError::from(error).into());
                }
            }
            at += discard;
        }
    }

    /// Seals `plain`: gives the bytes for the wire, which lie in `sealed`, or are `plain` itself without TLS.
    ///
    /// What is sealed must leave in the order in which it was sealed.
    pub(super) fn seal<'a>(
        &mut self,
        plain: &'a [u8],
        sealed: &'a mut Vec<u8>,
    ) -> Result<&'a [u8], TlsError> {
        let RecordLayer::Tls(tls) = self else { return Ok(plain) };
        tls.with_traffic(sealed, |traffic, sealed| {
            let records = plain.len().div_ceil(RECORD_BYTES_MAX) + 1;
            append(sealed, plain.len() + records * RECORD_OVERHEAD_BYTES, |free| traffic.encrypt(plain, free))
        })?;
        Ok(sealed)
    }

    /// Appends to `sealed` that nothing follows. What arrives from then on is not looked at.
    pub(super) fn seal_end(&mut self, sealed: &mut Vec<u8>) -> Result<(), TlsError> {
        let RecordLayer::Tls(tls) = self else { return Ok(()) };
        tls.with_traffic(sealed, |traffic, sealed| {
            append(sealed, RECORD_OVERHEAD_BYTES, |free| traffic.queue_close_notify(free))
        })?;
        tls.over = true;
        Ok(())
    }
}

impl Tls {
    fn hold(&mut self, rest: &[u8]) -> Result<(), TlsError> {
        if rest.len() > TLS_HELD_BYTES_MAX {
            return Err(TlsError::TooLong);
        }
        // An empty vector has no memory behind it.
        self.held = rest.to_vec();
        Ok(())
    }

    /// Appends the alert that goes with an error. rustls hands it out before it looks at `incoming`, which it must not do
    /// again.
    fn fail(&mut self, incoming: &mut [u8], answer: &mut Vec<u8>) -> Result<(), TlsError> {
        if std::mem::replace(&mut self.over, true) {
            return Ok(());
        }
        match self.connection.process_tls_records(incoming).state {
            Ok(ConnectionState::EncodeTlsData(alert)) => encode(alert, answer),
            _ => Ok(()),
        }
    }

    /// Runs `write` in the state in which data can be sent.
    ///
    /// rustls is shown the held bytes again, though nothing new is in them: it remembers where in them a handshake message
    /// lies that arrived in part, and would reach beyond the end of a shorter buffer.
    fn with_traffic(
        &mut self,
        sealed: &mut Vec<u8>,
        write: impl FnOnce(
            &mut WriteTraffic<'_, rustls::client::ClientConnectionData>,
            &mut Vec<u8>,
        ) -> Result<(), TlsError>,
    ) -> Result<(), TlsError> {
        if self.over {
            return Err(TlsError::NotOpen);
        }
        loop {
            let status = self.connection.process_tls_records(&mut self.held);
            let discard = status.discard;
            match status.state {
                Ok(ConnectionState::WriteTraffic(mut traffic)) => return write(&mut traffic, sealed),
                Ok(ConnectionState::EncodeTlsData(message)) => encode(message, sealed)?,
                Ok(ConnectionState::TransmitTlsData(message)) => message.done(),
                Ok(ConnectionState::PeerClosed) => {}
                Ok(_) => return Err(TlsError::NotOpen),
                Err(error) => return Err(error.into()),
            }
            self.held.drain(..discard);
        }
    }
}

fn encode(
    mut message: EncodeTlsData<'_, rustls::client::ClientConnectionData>,
    out: &mut Vec<u8>,
) -> Result<(), TlsError> {
    let begin = out.len();
    let missing_bytes = match message.encode(&mut []) {
        Ok(_) => return Ok(()),
        Err(EncodeError::InsufficientSize(size)) => size.required_size,
        Err(EncodeError::AlreadyEncoded) => return Err(TlsError::NotOpen),
    };
    out.resize(begin + missing_bytes, 0);
    let written = message.encode(&mut out[begin..]).map_err(|_| TlsError::NotOpen)?;
    out.truncate(begin + written);
    Ok(())
}

/// Appends what `write` puts into a slice of `guess_bytes`, or of as many as it then asks for.
fn append(
    out: &mut Vec<u8>,
    guess_bytes: usize,
    mut write: impl FnMut(&mut [u8]) -> Result<usize, EncryptError>,
) -> Result<(), TlsError> {
    let begin = out.len();
    out.resize(begin + guess_bytes, 0);
    let written = match write(&mut out[begin..]) {
        Err(EncryptError::InsufficientSize(size)) => {
            out.resize(begin + size.required_size, 0);
            write(&mut out[begin..])
        }
        other => other,
    };
    let written = written.map_err(|_| TlsError::Exhausted)?;
    out.truncate(begin + written);
    Ok(())
}

#[cfg(test)]
#[path = "record_layer_tests.rs"]
mod tests;
