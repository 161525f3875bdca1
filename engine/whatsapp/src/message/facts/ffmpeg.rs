//! What only ffmpeg can do, where it is installed: voice notes from other formats, and a picture of a video.

use std::io::{self, Read, Write as _};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::thread;
use std::time::{Duration, Instant};

use trunkline_model::record::MediaFacts;

use super::picture;
use crate::limits::{FFMPEG_OUTPUT_BYTES_MAX, FFMPEG_TIMEOUT};

/// Why there is no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tool {
    /// ffmpeg is not installed.
    Absent,
    /// It did not make anything of the file, or not in time.
    Failed,
}

/// Name of the program, looked for where programs are.
const PROGRAM: &str = "ffmpeg";
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Whether ffmpeg is installed: a large video is not copied for a program that is not there. Looked for once.
static INSTALLED: LazyLock<bool> = LazyLock::new(|| {
    let mut asked = Command::new(PROGRAM);
    asked.arg("-version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    asked.status().is_ok_and(|status| status.success())
});

/// One channel of Opus in Ogg, as phones record it.
pub(super) fn voice_note(mut bytes: &[u8]) -> Result<Vec<u8>, Tool> {
    run(&mut bytes, &["-vn", "-ac", "1", "-ar", "48000", "-c:a", "libopus", "-b:a", "32k", "-f", "ogg"])
}

/// Size and first picture of a video; nothing where ffmpeg is missing or cannot read it.
pub(super) fn video_facts(video: &mut dyn Read) -> MediaFacts {
    let frame = run(video, &["-frames:v", "1", "-c:v", "png", "-f", "image2pipe"]);
    frame.map(|png| picture::facts(&png)).unwrap_or_default()
}

/// Runs ffmpeg over a file. It reads the file and nothing else: what a file refers to elsewhere is not opened.
fn run(plain: &mut dyn Read, how: &[&str]) -> Result<Vec<u8>, Tool> {
    if !*INSTALLED {
        return Err(Tool::Absent);
    }
    let mut file = tempfile::NamedTempFile::new().map_err(|_| Tool::Failed)?;
    io::copy(plain, &mut file).and_then(|_| file.flush()).map_err(|_| Tool::Failed)?;
    let mut child = Command::new(PROGRAM)
        .args(["-nostdin", "-v", "error", "-protocol_whitelist", "file,pipe", "-i"])
        .arg(file.path())
        .args(how)
        .arg("pipe:1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|_| Tool::Absent)?;
    let Some(output) = child.stdout.take() else { return Err(Tool::Failed) };
    let reading = thread::spawn(move || {
        let mut made = Vec::new();
        output.take(FFMPEG_OUTPUT_BYTES_MAX).read_to_end(&mut made).map(|_| made)
    });
    let deadline = Instant::now() + FFMPEG_TIMEOUT;
    let succeeded = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status.success(),
            Ok(None) if Instant::now() < deadline => thread::sleep(LOOK_AGAIN),
            Ok(None) | Err(_) => {
                drop(child.kill());
                drop(child.wait());
                break false;
            }
        }
    };
    let made = reading.join().ok().and_then(Result::ok).filter(|made| !made.is_empty());
    made.filter(|_| succeeded).ok_or(Tool::Failed)
}
