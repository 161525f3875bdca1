//! A mail server on loopback that keeps every letter.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::limits::GATEWAY_EVENT_TIMEOUT;

/// A letter as it was handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Whom the envelope names.
    pub to: Vec<String>,
    /// Head and body, with the soft line ends of its encoding taken out.
    pub text: String,
}

/// The server; it ends with the test.
#[derive(Debug)]
pub struct MailServer {
    url: String,
    letters: Arc<Mutex<Vec<Letter>>>,
    count: watch::Receiver<usize>,
}

#[allow(clippy::disallowed_methods, reason = "a test's own task")]
impl MailServer {
    /// Starts on a free port.
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await;
        let listener = listener.unwrap_or_else(|error| panic!("no port for a mail server: {error}"));
        let address = listener.local_addr();
        let url = format!("smtp://{}", address.unwrap_or_else(|error| panic!("no address: {error}")));
        let letters = Arc::new(Mutex::new(Vec::new()));
        let (tell, count) = watch::channel(0);
        let kept = Arc::clone(&letters);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (kept, tell) = (Arc::clone(&kept), tell.clone());
                tokio::spawn(async move {
                    // Whoever breaks off has handed nothing over.
                    let _ = serve(stream, &kept, &tell).await;
                });
            }
        });
        Self { url, letters, count }
    }

    /// What `smtp-url` takes.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Waits until so many letters were handed over, and gives all of them.
    pub async fn letters(&self, count: usize) -> Vec<Letter> {
        let mut told = self.count.clone();
        let arrived = timeout(GATEWAY_EVENT_TIMEOUT, told.wait_for(|known| *known >= count)).await;
        assert!(arrived.is_ok(), "fewer than {count} letters came");
        self.letters.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn serve(
    stream: TcpStream,
    letters: &Mutex<Vec<Letter>>,
    tell: &watch::Sender<usize>,
) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 test\r\n").await?;
    let mut to = Vec::new();
    while let Some(line) = lines.next_line().await? {
        let word = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let answer: &[u8] = match word.as_str() {
            "RCPT" => {
                let address = line.split(['<', '>']).nth(1).unwrap_or_default();
                to.push(address.to_owned());
                b"250 ok\r\n"
            }
            "DATA" => {
                write.write_all(b"354 go on\r\n").await?;
                let mut text = String::new();
                while let Some(line) = lines.next_line().await? {
                    if line == "." {
                        break;
                    }
                    match line.strip_suffix('=') {
                        Some(soft) => text.push_str(soft),
                        None => {
                            text.push_str(&line);
                            text.push('\n');
                        }
                    }
                }
                let letter = Letter { to: std::mem::take(&mut to), text };
                letters.lock().unwrap_or_else(PoisonError::into_inner).push(letter);
                tell.send_modify(|count| *count += 1);
                b"250 kept\r\n"
            }
            "QUIT" => {
                write.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => b"250 ok\r\n",
        };
        write.write_all(answer).await?;
    }
    Ok(())
}
