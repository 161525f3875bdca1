//! All numbers of this process, and what the commands do with them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::time::timeout;
use whatsapp_rust::Jid;

use crate::error::PeerError;
use crate::limits::STOP_TIMEOUT;
use crate::lines::{Command, Connect, Status};
use crate::number::{Login, Number, Settings};
use crate::tally::Tally;
use crate::usage::{Stopwatch, cpu_seconds, rss_kib};

/// The numbers of this process.
pub(crate) struct Fleet {
    settings: Settings,
    tally: Arc<Tally>,
    numbers: Mutex<BTreeMap<usize, Arc<Number>>>,
}

impl Fleet {
    pub(crate) fn new(settings: Settings) -> Fleet {
        Fleet { settings, tally: Arc::default(), numbers: Mutex::default() }
    }

    /// Does what `command` says, and gives the answer's fields.
    pub(crate) async fn run(&self, command: Command) -> Result<Value, PeerError> {
        match command {
            Command::Link(connect) => self.connect(connect, Login::New).await,
            Command::Start(connect) => self.connect(connect, Login::Stored).await,
            Command::Status(status) => Ok(self.status(&status)),
            Command::Send(send) => {
                let to: Result<Vec<Jid>, PeerError> = send.to.iter().map(|name| recipient(name)).collect();
                self.send(send.from, to?, send.count, send.window).await
            }
            Command::SendGroup(send) => {
                let group = recipient(&send.group)?;
                self.send(send.from, vec![group], send.count, send.window).await
            }
            Command::AwaitReceived(wait) => {
                let longest = Duration::from_millis(wait.timeout_ms);
                self.tally.await_received(wait.count, longest).await
            }
            Command::Stop => Ok(json!({})),
        }
    }

    async fn connect(&self, connect: Connect, login: Login) -> Result<Value, PeerError> {
        let watch = Stopwatch::start();
        stream::iter(connect.first..connect.first + connect.numbers)
            .map(|index| self.connect_one(index, login))
            .buffer_unordered(connect.at_once.max(1))
            .try_for_each(|()| std::future::ready(Ok(())))
            .await?;
        let mut answer = watch.read();
        answer["open"] = self.open_count().into();
        Ok(answer)
    }

    async fn connect_one(&self, index: usize, login: Login) -> Result<(), PeerError> {
        if self.numbers.lock().contains_key(&index) {
            return Err(PeerError::Running(index));
        }
        let number = Number::start(index, &self.settings, self.tally.clone(), login).await?;
        self.numbers.lock().insert(index, number.clone());
        let opened = number.opened().await;
        if opened.is_err() {
            self.numbers.lock().remove(&index);
            number.stop().await;
        }
        opened
    }

    fn open_count(&self) -> usize {
        self.numbers.lock().values().filter(|number| number.is_open()).count()
    }

    fn status(&self, asked: &Status) -> Value {
        let mut status = json!({
            "open": self.open_count(),
            "received": self.tally.received.load(Ordering::Relaxed),
            "sent": self.tally.sent.load(Ordering::Relaxed),
            "acked": self.tally.acked.load(Ordering::Relaxed),
            "rss_kib": rss_kib(),
            "cpu_seconds": cpu_seconds(),
        });
        if asked.per_number {
            let numbers = self.numbers.lock();
            let counts: BTreeMap<String, u64> =
                numbers.iter().map(|(index, number)| (index.to_string(), number.received())).collect();
            status["received_by_number"] = json!(counts);
        }
        status
    }

    /// A closed loop: `count` texts to `to` in turn, at most `window` of them without an ack.
    async fn send(&self, from: usize, to: Vec<Jid>, count: u64, window: usize) -> Result<Value, PeerError> {
        let number = self.numbers.lock().get(&from).cloned().ok_or(PeerError::Unknown(from))?;
        if to.is_empty() {
            return Err(PeerError::Nobody);
        }
        let watch = Stopwatch::start();
        stream::iter((0..count).zip(to.into_iter().cycle()))
            .map(|(turn, jid)| number.send(jid, turn))
            .buffer_unordered(window.max(1))
            .try_for_each(|()| std::future::ready(Ok(())))
            .await?;
        let mut answer = watch.read();
        answer["sent"] = count.into();
        Ok(answer)
    }

    /// Ends every connection and store in order.
    pub(crate) async fn stop(&self) {
        let numbers: Vec<_> = std::mem::take(&mut *self.numbers.lock()).into_values().collect();
        let ended =
            stream::iter(numbers).for_each_concurrent(None, |number| async move { number.stop().await });
        // Whoever does not end in time ends with the process.
        let _ = timeout(STOP_TIMEOUT, ended).await;
    }
}

/// A JID, or a phone number in digits.
fn recipient(name: &str) -> Result<Jid, PeerError> {
    let digits = name.strip_prefix('+').unwrap_or(name);
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(Jid::pn(digits));
    }
    match name.contains('@').then(|| name.parse::<Jid>()) {
        Some(Ok(jid)) => Ok(jid),
        _ => Err(PeerError::Recipient(name.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recipients_are_numbers_or_jids() {
        let check = |name: &str, expected: Option<&str>| {
            assert_eq!(recipient(name).ok().map(|jid| jid.to_string()).as_deref(), expected, "{name}");
        };
        check("5511900000001", Some("5511900000001@s.whatsapp.net"));
        check("+5511900000001", Some("5511900000001@s.whatsapp.net"));
        check("5511900000001@s.whatsapp.net", Some("5511900000001@s.whatsapp.net"));
        check("120363000000000001@g.us", Some("120363000000000001@g.us"));
        for bad in ["", "+", "somebody", "12a"] {
            check(bad, None);
        }
    }
}
