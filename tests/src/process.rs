//! A client process: started, spoken to over JSON lines, and ended with its owner.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::events::{ClientError, Event, Line};
use crate::limits::{CLIENT_EVENTS_MAX, EVENT_TIMEOUT, REPLY_TIMEOUT};

/// What to start.
pub(crate) struct ProcessSpec {
    pub name: String,
    pub command: Command,
    pub stderr_file: PathBuf,
}

/// A running client process. Dropping it kills the process.
pub struct ClientProcess {
    name: String,
    stderr_file: PathBuf,
    child: Mutex<Child>,
    stdin: Mutex<ChildStdin>,
    next_command: AtomicU64,
    log: Arc<Log>,
}

/// Everything the process said. Filled by the reader thread, searched by the test.
#[derive(Default)]
struct Log {
    lines: Mutex<Lines>,
    changed: Notify,
}

#[derive(Default)]
struct Lines {
    /// Events in order; `None` once a wait has taken one.
    events: Vec<Option<Event>>,
    replies: Vec<(u64, Result<Value, ClientError>)>,
    ended: bool,
}

impl ClientProcess {
    pub(crate) fn start(mut spec: ProcessSpec) -> Self {
        let stderr = std::fs::File::create(&spec.stderr_file)
            .unwrap_or_else(|error| panic!("cannot create {}: {error}", spec.stderr_file.display()));
        let mut child = spec
            .command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {}: {error} (is node installed?)", spec.name));
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            unreachable!("both were asked to be pipes")
        };
        let log = Arc::new(Log::default());
        let reader_log = Arc::clone(&log);
        std::thread::spawn(move || reader_log.fill(BufReader::new(stdout)));
        Self {
            name: spec.name,
            stderr_file: spec.stderr_file,
            child: Mutex::new(child),
            stdin: Mutex::new(stdin),
            next_command: AtomicU64::new(1),
            log,
        }
    }

    /// Sends a command and waits for its answer.
    ///
    /// # Errors
    /// The client's own error, when the command failed in it.
    pub async fn command(&self, command: &str, arguments: Value) -> Result<Value, ClientError> {
        let id = self.next_command.fetch_add(1, Ordering::Relaxed);
        let mut line = arguments;
        if line.is_null() {
            line = json!({});
        }
        line["id"] = json!(id);
        line["command"] = json!(command);
        if let Err(error) = writeln!(lock(&self.stdin), "{line}") {
            panic!("{} is gone, cannot send it {command}: {error}\n{}", self.name, self.story());
        }
        let what = format!("answer to {command}");
        self.wait(&what, REPLY_TIMEOUT, |lines| {
            let at = lines.replies.iter().position(|(reply, _)| *reply == id)?;
            Some(lines.replies.swap_remove(at).1)
        })
        .await
    }

    /// Waits for the first event, old or new, that nobody waited for yet and that `pick` accepts; takes it.
    pub async fn expect<T>(&self, what: &str, mut pick: impl FnMut(&Event) -> Option<T>) -> T {
        self.wait(what, EVENT_TIMEOUT, |lines| {
            lines.events.iter_mut().find_map(|slot| {
                let picked = pick(slot.as_ref()?)?;
                *slot = None;
                Some(picked)
            })
        })
        .await
    }

    /// All events so far that no wait has taken, mapped.
    pub fn untaken<T>(&self, pick: impl FnMut(&Event) -> Option<T>) -> Vec<T> {
        lock(&self.log.lines).events.iter().flatten().filter_map(pick).collect()
    }

    /// Ends the process at once, as `kill -9` does.
    pub fn kill(&self) {
        let mut child = lock(&self.child);
        // Already gone is as good as killed.
        let _ = child.kill();
        let _ = child.wait();
    }

    async fn wait<T>(
        &self,
        what: &str,
        limit: std::time::Duration,
        mut look: impl FnMut(&mut Lines) -> Option<T>,
    ) -> T {
        let found = timeout(limit, async {
            loop {
                let changed = self.log.changed.notified();
                {
                    let mut lines = lock(&self.log.lines);
                    if let Some(found) = look(&mut lines) {
                        return Some(found);
                    }
                    if lines.ended {
                        return None;
                    }
                }
                changed.await;
            }
        })
        .await;
        match found {
            Ok(Some(found)) => found,
            Ok(None) => panic!("{} ended while waiting for {what}\n{}", self.name, self.story()),
            Err(_) => panic!("{} did not show {what} within {limit:?}\n{}", self.name, self.story()),
        }
    }

    /// What happened to this client so far, for a failure message.
    pub(crate) fn story(&self) -> String {
        let events: Vec<String> = self.untaken(|event| {
            let mut text = format!("{event:?}");
            text.truncate(text.floor_char_boundary(400));
            Some(text)
        });
        let stderr = std::fs::read_to_string(&self.stderr_file).unwrap_or_default();
        format!("untaken events of {}:\n  {}\nits stderr: {stderr}", self.name, events.join("\n  "))
    }
}

impl Log {
    fn fill(&self, stdout: impl BufRead) {
        for line in stdout.lines() {
            let Ok(text) = line else { break };
            let line = serde_json::from_str(&text).unwrap_or_else(|error| {
                Line::Event(Event::Failure {
                    during: "reading a line".into(),
                    message: format!("{error}: {text}"),
                })
            });
            let mut lines = lock(&self.lines);
            match line {
                Line::Reply { id, ok, error } => lines.replies.push((id, error.map_or(Ok(ok), Err))),
                Line::Event(event) => {
                    assert!(lines.events.len() < CLIENT_EVENTS_MAX, "a client produced too many events");
                    lines.events.push(Some(event));
                }
            }
            drop(lines);
            self.changed.notify_waiters();
        }
        lock(&self.lines).ended = true;
        self.changed.notify_waiters();
    }
}

impl Drop for ClientProcess {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A panic while holding one of these locks already failed the test; the data is still the best there is.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
