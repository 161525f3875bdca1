//! The page of a dialect, in Markdown, read from its table.

use std::fmt::Write;

use bytes::Bytes;

use super::{Access, Mount};
use crate::dialects::table::{Shape, Wanted};

/// Makes the page.
pub(super) fn page(mount: &Mount) -> Bytes {
    let word = mount.dialect.as_str();
    let mut page = format!(
        "# {}\n\n{}\n\nThe same with the schemas of bodies and answers: \
         [/docs/{word}/openapi.json](/docs/{word}/openapi.json). Every path is also below `/d/{word}`.\n\n\
         ## Credentials\n\n| header | |\n|---|---|\n",
        mount.title, mount.description,
    );
    // Writing to a String cannot fail.
    for credential in mount.credentials {
        let _ = writeln!(page, "| `{}` | {} |", credential.header, credential.what);
    }
    if mount.rows().next().is_none() {
        page.push_str("\nThis version answers none of its operations.\n");
        return Bytes::from(page);
    }
    page.push_str("\n## Operations\n\n| operation | body | success | scope | counts as | known from | |\n|---|---|---|---|---|---|---|\n");
    for row in mount.rows() {
        let scope = match row.needs.as_str() {
            _ if matches!(row.access, Access::Open | Access::Stranger) => "no key",
            Some(word) => word,
            None => "any key",
        };
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
    Bytes::from(page)
}
