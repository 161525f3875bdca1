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

/// Writes a line of a result that has no end, and says whether somebody still reads it.
pub fn go_on_saying(line: impl Display) -> bool {
    let mut out = stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).is_ok()
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

/// Whether the result is shown in colours: to a person, and not to one who does not want them (<https://no-color.org>).
pub fn has_colours() -> bool {
    is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
