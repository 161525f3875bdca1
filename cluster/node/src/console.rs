//! What the program says to the person or script that started it: results on stdout, remarks on stderr. Logs go elsewhere.
//!
//! A reader that went away (a closed pipe) is no reason to fail, so errors of writing are dropped here, and only here.

use std::fmt::Display;
use std::io::{IsTerminal, Write, stderr, stdout};

/// Writes a line of the result.
pub fn say(line: impl Display) {
    let mut out = stdout().lock();
    drop(writeln!(out, "{line}").and_then(|()| out.flush()));
}

/// Writes a text of the result as it is.
pub fn draw(text: &str) {
    let mut out = stdout().lock();
    drop(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
}

/// Writes a remark or an error.
pub fn remark(line: impl Display) {
    drop(writeln!(stderr().lock(), "{line}"));
}

/// Whether a person looks at the result.
pub fn is_terminal() -> bool {
    stdout().is_terminal()
}
