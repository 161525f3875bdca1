//! `spool`: uploaded files written durably to the media spool and read back, glommio beside std: megabytes a second, and the
//! CPU that a gigabyte costs. What is measured is the crate as the gateway uses it, names and digests included.
//!
//! The program that does it is a workspace of its own under `bench/peers/spool`, because glommio changes the features of crates
//! that the whole gateway shares.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use super::Scale;
use super::support::directory;
use crate::error::{Bench, BenchError, During};
use crate::report::Figure;

/// Rounds; the backends take turns within each.
const ROUNDS: usize = 7;
/// Files that are written or read at a time.
const AT_ONCE: usize = 8;
/// Bytes of a megabyte and of a gigabyte.
const MEGA: f64 = 1e6;
const GIGA: f64 = 1e9;

/// A kind of upload.
struct Shape {
    name: &'static str,
    file_bytes: usize,
    files: usize,
    files_quick: usize,
}

/// A photograph, a small photograph or voice message, a video.
const SHAPES: [Shape; 3] = [
    Shape { name: "512 KiB files", file_bytes: 512 << 10, files: 200, files_quick: 40 },
    Shape { name: "64 KiB files", file_bytes: 64 << 10, files: 1_000, files_quick: 200 },
    Shape { name: "16 MiB files", file_bytes: 16 << 20, files: 16, files_quick: 4 },
];

/// What the program says.
#[derive(Deserialize)]
struct Took {
    fallback: Option<String>,
    write: Cost,
    read: Cost,
}

#[derive(Deserialize)]
struct Cost {
    seconds: f64,
    cpu_seconds: f64,
}

/// The samples of one backend, one direction.
#[derive(Default)]
struct Samples {
    megabytes_per_second: Vec<f64>,
    cpu_seconds_per_gigabyte: Vec<f64>,
}

impl Samples {
    fn take(&mut self, cost: &Cost, bytes: f64) {
        self.megabytes_per_second.push(bytes / MEGA / cost.seconds);
        self.cpu_seconds_per_gigabyte.push(cost.cpu_seconds * GIGA / bytes);
    }
}

/// Of one backend.
#[derive(Default)]
struct Both {
    write: Samples,
    read: Samples,
}

/// Plays the case. Without peers, and where the kernel forbids io_uring, std stands alone.
///
/// # Errors
/// When the program cannot be built, or a disk fails.
pub async fn run(scale: Scale) -> Bench<Vec<Figure>> {
    let program = build(scale.peers)?;
    let mut figures = Vec::new();
    for shape in &SHAPES {
        let files = scale.of(shape.files, shape.files_quick);
        let (mut std, mut glommio) = (Both::default(), Both::default());
        for _ in 0..scale.of(ROUNDS, 1) {
            play(&program, "std", shape, files, &mut std)?;
            if scale.peers {
                play(&program, "glommio", shape, files, &mut glommio)?;
            }
        }
        figures.extend(beside(&format!("written, {}", shape.name), &glommio.write, &std.write));
        figures.extend(beside(&format!("read back, {}", shape.name), &glommio.read, &std.read));
    }
    Ok(figures)
}

/// One round of one backend. One that cannot serve here gives no sample.
fn play(program: &Path, backend: &str, shape: &Shape, files: usize, both: &mut Both) -> Bench<()> {
    let place = directory()?;
    let mut command = Command::new(program);
    command
        .args(["--backend", backend, "--files", &files.to_string()])
        .args(["--file-bytes", &shape.file_bytes.to_string(), "--at-once", &AT_ONCE.to_string()])
        .arg("--dir")
        .arg(place.path());
    let said = output(command, "measuring the spool")?;
    let took: Took = serde_json::from_slice(&said).during("reading what the spool took")?;
    if took.fallback.is_none() {
        let bytes = (files * shape.file_bytes) as f64;
        both.write.take(&took.write, bytes);
        both.read.take(&took.read, bytes);
    }
    Ok(())
}

/// glommio beside std, or std alone when glommio could not be measured.
fn beside(what: &str, glommio: &Samples, std: &Samples) -> [Figure; 2] {
    let figure = |metric: String, unit: &str, ours: &Vec<f64>, theirs: &Vec<f64>| {
        if ours.is_empty() {
            return Figure::new(&format!("{metric}, std"), unit, theirs.clone());
        }
        Figure::new(&format!("{metric}, glommio"), unit, ours.clone()).beside("std", theirs)
    };
    [
        figure(what.to_owned(), "MB/s", &glommio.megabytes_per_second, &std.megabytes_per_second),
        figure(
            format!("CPU of what is {what}"),
            "s/GB",
            &glommio.cpu_seconds_per_gigabyte,
            &std.cpu_seconds_per_gigabyte,
        ),
    ]
}

/// Builds the program, if that was not done before.
fn build(with_glommio: bool) -> Bench<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/spool");
    let target = folder.join("target");
    let mut build = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    build
        .args(["build", "--release", "--locked", "--quiet", "--manifest-path"])
        .arg(folder.join("Cargo.toml"));
    build.arg("--target-dir").arg(&target);
    if !with_glommio {
        build.arg("--no-default-features");
    }
    output(build, "building the spool's program")?;
    Ok(target.join("release/peer-spool"))
}

/// What a command that succeeds says.
fn output(mut command: Command, doing: &str) -> Bench<Vec<u8>> {
    let output = command.output().during(doing)?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(BenchError::new(format_args!("{doing}: {}", String::from_utf8_lossy(&output.stderr))))
}
