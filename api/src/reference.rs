//! The reference: one page for each operation, in Markdown, read from the route table.

use std::fmt::Write;

use crate::route::{BodyRule, ReplyRule, Route, Target, forms_of, path_parameters, query_parameter, routes};

/// The list of all operations.
pub(crate) fn index() -> String {
    let mut page = String::from(
        "# Reference\n\nThe same as one document: [/openapi.json](/openapi.json). To try requests: [/docs](/docs).\n",
    );
    let mut noun = "";
    for route in routes() {
        if route.noun() != noun {
            noun = route.noun();
            // Writing to a String cannot fail.
            let _ = writeln!(page, "\n## {noun}\n\n| operation | | scope | |\n|---|---|---|---|");
        }
        let _ = writeln!(
            page,
            "| [{name}](/docs/reference/{name}) | `{method} {path}` | {scope} | {summary} |",
            name = route.name,
            method = route.method,
            path = route.path,
            scope = scope(route),
            summary = route.summary,
        );
    }
    page
}

/// The page of an operation.
pub(crate) fn page(name: &str) -> Option<String> {
    let route = routes().find(|route| route.name == name)?;
    let mut page = format!("# {}\n\n`{} {}`\n\n{}\n", route.name, route.method, route.path, route.summary);
    if let Target::Native(_, scope) = route.target {
        let class = route.class.as_str();
        let _ = writeln!(page, "\nNeeds a key with the scope `{}`; counts as `{class}`.", scope.as_str());
    }
    let parameters: Vec<_> = path_parameters(route.path)
        .map(|parameter| (parameter, "path"))
        .chain(
            route.query.iter().filter_map(|name| query_parameter(name)).map(|parameter| (parameter, "query")),
        )
        .collect();
    if !parameters.is_empty() {
        page.push_str("\n## Parameters\n\n| name | in | meaning |\n|---|---|---|\n");
        for (parameter, place) in parameters {
            let _ = writeln!(page, "| `{}` | {place} | {} |", parameter.name, parameter.description);
        }
    }
    body(&mut page, route);
    answer(&mut page, route);
    Some(page)
}

fn scope(route: &Route) -> &'static str {
    match route.target {
        Target::Native(_, scope) => scope.as_str(),
        Target::Open(_) => "no key",
    }
}

fn body(page: &mut String, route: &Route) {
    let kind = match route.body {
        BodyRule::None => return,
        BodyRule::Empty => "None, or `{}`.",
        BodyRule::Json(_) | BodyRule::LongJson(_) | BodyRule::Large(_) => "JSON.",
        BodyRule::Message(_) => {
            "JSON; or `multipart/form-data` with it in a part `message` and a part `file` after that."
        }
        BodyRule::File => "The file itself.",
        BodyRule::Rows => {
            "A list: CSV with the names of its columns in the first row, JSON lines, or a JSON array."
        }
    };
    let _ = writeln!(page, "\n## Body\n\n{kind}");
    if let Some(example) = route.example {
        let _ = writeln!(page, "\n```json\n{}\n```", example.trim());
    }
    for form in forms_of(route.name) {
        let _ = writeln!(page, "\nAs `{}`:\n\n```json\n{}\n```", form.name, form.example.trim());
    }
}

fn answer(page: &mut String, route: &Route) {
    let statuses: Vec<String> = route.reply.statuses().iter().map(u16::to_string).collect();
    let what = match route.reply {
        ReplyRule::Nothing => "nothing".to_owned(),
        ReplyRule::Json(..) => "JSON, described in [/openapi.json](/openapi.json)".to_owned(),
        ReplyRule::JsonOrEvents(_) => {
            "JSON, or a stream of events for `Accept: text/event-stream`".to_owned()
        }
        ReplyRule::Events => "a stream of events (`text/event-stream`)".to_owned(),
        ReplyRule::File => "the file, or the part that a `Range` header asks for".to_owned(),
        ReplyRule::Bytes(kinds) => kinds.join(", "),
    };
    let _ = writeln!(
        page,
        "\n## Answer\n\n{}: {what}. Errors: [/docs/errors](/docs/errors).",
        statuses.join(" or ")
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_has_a_page_that_the_index_leads_to() {
        let index = index();
        for route in routes() {
            assert!(index.contains(&format!("(/docs/reference/{})", route.name)), "{}", route.name);
            let page = page(route.name).expect("a page");
            assert!(page.contains(route.path) && page.contains(route.summary), "{}", route.name);
        }
        assert_eq!(page("nothing.of_the_kind"), None);
    }
}
