//! The page of a dialect, in Markdown, read from its table.

use std::fmt::Write;

use super::{Access, Mount};
use crate::dialects::table::{Shape, Wanted};

/// The page.
pub(crate) fn page(mount: &Mount) -> String {
    let word = mount.dialect.as_str();
    let mut page = format!(
        "# {}\n\n{}\n\nThe same with the schemas of bodies and answers: \
         [/docs/{word}/openapi.json](/docs/{word}/openapi.json). Every path is also below `/d/{word}`.\n\n\
         ## Credentials\n\n| header | |\n|---|---|\n",
        mount.title, mount.description,
    );
    // Writing to a String cannot fail.
    for (header, what) in mount.credentials {
        let _ = writeln!(page, "| `{header}` | {what} |");
    }
    page.push_str("\n## Operations\n\n| operation | body | success | scope | counts as | known from | |\n|---|---|---|---|---|---|---|\n");
    for row in mount.rows() {
        let scope = if row.access == Access::Open { "no key" } else { row.scope.as_str() };
        let body = if matches!(row.body, Wanted::Nothing) { "" } else { "JSON" };
        let reply = match row.reply {
            Shape::Nothing => "",
            Shape::Json(_) => " JSON",
            Shape::Bytes(_) | Shape::File => " bytes",
            Shape::Events => " events",
        };
        let _ = writeln!(
            page,
            "| `{} {}` | {body} | {}{reply} | {scope} | {} | {} | {} |",
            row.method,
            row.path,
            row.status,
            row.class.as_str(),
            row.mark.as_str(),
            row.summary,
        );
    }
    page
}
