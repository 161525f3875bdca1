//! Lists that are uploaded: read piece by piece, checked row by row, written some rows at a time. What was written stays when a
//! later row is wrong.

use std::collections::BTreeMap;

use futures_util::{StreamExt, pin_mut};
use hyper::StatusCode;
use hyper::header::CONTENT_TYPE;
use trunkline_model::command::{
    BookCommand, CampaignCommand, Imported, NewRecipient, PlanCommand, PlanReply,
};
use trunkline_model::limits::{CONTACTS_PER_IMPORT_BATCH, TAGS_MAX};
use trunkline_model::plan::{NewContact, TemplateText};
use trunkline_model::{CampaignId, ErrorCode, Failure};

use super::campaigns::campaign;
use crate::body::RequestBody;
use crate::call::{Call, unexpected};
use crate::gateway::Gateway;
use crate::json::fields::Problems;
use crate::json::plan::import::{ReportJson, RowReader, Written};
use crate::json::plan::{Variables, read_phone};
use crate::limits::IMPORT_BYTES_MAX;
use crate::reply::{self, Answer};

/// What rows are read as, and where they go.
trait Rows {
    type Item: Clone;

    /// A row, checked.
    fn read(row: Variables) -> Result<Self::Item, Failure>;

    /// The command that writes some of them.
    fn command(&self, items: Vec<Self::Item>) -> PlanCommand;
}

struct Contacts;

impl Rows for Contacts {
    type Item = NewContact;

    fn read(mut row: Variables) -> Result<NewContact, Failure> {
        let mut problems = Problems::default();
        let phone = read_phone(&mut problems, "phone", &row.remove("phone").unwrap_or_default());
        let tags = row.remove("tags").unwrap_or_default();
        let tags = tags.split([',', ';', '|']).map(|tag| tag.trim().to_owned()).filter(|tag| !tag.is_empty());
        let mut contact = NewContact {
            phone: phone.unwrap_or_default(),
            name: row.remove("name"),
            email: row.remove("email"),
            notes: row.remove("notes"),
            tags: tags.take(TAGS_MAX + 1).collect(),
            ..NewContact::default()
        };
        for (column, value) in row {
            match column.strip_prefix("custom.") {
                Some(name) => drop(contact.custom.insert(name.to_owned(), value)),
                None => problems.add(
                    "row",
                    "has a column that is none of `phone`, `name`, `email`, `notes`, `tags`, `custom.…`",
                ),
            }
        }
        problems.extend(contact.problems());
        problems.or(Some(contact))
    }

    fn command(&self, items: Vec<NewContact>) -> PlanCommand {
        PlanCommand::Book(Box::new(BookCommand::Import(items)))
    }
}

struct Recipients(CampaignId);

impl Rows for Recipients {
    type Item = NewRecipient;

    fn read(mut row: Variables) -> Result<NewRecipient, Failure> {
        let mut problems = Problems::default();
        let phone = read_phone(&mut problems, "phone", &row.remove("phone").unwrap_or_default());
        problems.extend(TemplateText::check_values(&row));
        problems.or(phone.map(|phone| NewRecipient { phone, variables: row }))
    }

    fn command(&self, items: Vec<NewRecipient>) -> PlanCommand {
        PlanCommand::Campaign(Box::new(CampaignCommand::Add(self.0, items)))
    }
}

pub(super) async fn contacts<G: Gateway>(call: &Call<'_, G>, body: RequestBody) -> Result<Answer, Failure> {
    import(call, body, &Contacts).await
}

pub(super) async fn recipients<G: Gateway>(call: &Call<'_, G>, body: RequestBody) -> Result<Answer, Failure> {
    let id = campaign(call)?;
    import(call, body, &Recipients(id)).await
}

async fn import<G: Gateway, R: Rows>(
    call: &Call<'_, G>,
    body: RequestBody,
    rows: &R,
) -> Result<Answer, Failure> {
    let content_type =
        call.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let written = Written::of(content_type).ok_or_else(|| {
        let detail =
            "Send the list as `Content-Type: text/csv`, `application/x-ndjson` or `application/json`.";
        Failure::new(ErrorCode::UnsupportedMediaType, detail)
    })?;
    crate::body::plain_encoding(call.headers)?;
    let pieces = body.pieces(IMPORT_BYTES_MAX)?;
    pin_mut!(pieces);
    let (mut reader, mut report) = (RowReader::new(written), ReportJson::default());
    let mut good: Vec<(u64, R::Item)> = Vec::new();
    loop {
        let piece = pieces.next().await.transpose()?;
        if piece.as_ref().is_some_and(bytes::Bytes::is_empty) {
            // It would be taken for the end.
            continue;
        }
        for row in reader.read(piece.as_deref().unwrap_or_default()) {
            report.rows += 1;
            match row
                .map_err(|why| (None, why.to_owned()))
                .and_then(|row| R::read(row).map_err(first_problem))
            {
                Ok(item) => good.push((report.rows, item)),
                Err((field, message)) => report.refuse(report.rows, field, message),
            }
            if good.len() >= CONTACTS_PER_IMPORT_BATCH {
                write(call, rows, std::mem::take(&mut good), &mut report).await?;
            }
        }
        if piece.is_none() || reader.is_lost() {
            break;
        }
    }
    write(call, rows, good, &mut report).await?;
    Ok(reply::json(StatusCode::OK, &report))
}

fn first_problem(failure: Failure) -> (Option<String>, String) {
    match failure.fields.into_iter().next() {
        Some(problem) => (Some(problem.field), problem.message),
        None => (None, failure.detail),
    }
}

/// Writes rows; those that are refused by themselves are reported, and the others written without them.
async fn write<G: Gateway, R: Rows>(
    call: &Call<'_, G>,
    rows: &R,
    mut items: Vec<(u64, R::Item)>,
    report: &mut ReportJson,
) -> Result<(), Failure> {
    while !items.is_empty() {
        let given = items.iter().map(|(_, item)| item.clone()).collect();
        match call.plans(rows.command(given)).await {
            Err(failure) if failure.code == ErrorCode::Validation => {
                let wrong = problems_by_index(failure, items.len())?;
                let mut right = Vec::with_capacity(items.len());
                for (index, (number, item)) in items.into_iter().enumerate() {
                    match wrong.get(&index) {
                        Some((field, message)) => report.refuse(number, field.clone(), message.clone()),
                        None => right.push((number, item)),
                    }
                }
                items = right;
            }
            other => return written(other?, &items, report),
        }
    }
    Ok(())
}

fn written<I>(reply: PlanReply, items: &[(u64, I)], report: &mut ReportJson) -> Result<(), Failure> {
    match reply {
        PlanReply::Imported(results) => {
            for ((number, _), result) in items.iter().zip(results) {
                match result {
                    Ok(Imported::Created) => report.created += 1,
                    Ok(Imported::Updated) => report.updated += 1,
                    Err(failure) => {
                        let (field, message) = first_problem(failure);
                        report.refuse(*number, field, message);
                    }
                }
            }
            Ok(())
        }
        PlanReply::Added(added, _) => {
            let new = added.iter().filter(|new| **new).count() as u64;
            report.created += new;
            report.updated += added.len() as u64 - new;
            Ok(())
        }
        _ => Err(unexpected()),
    }
}

/// The first problem of each row, by its place among those that were given.
///
/// # Errors
/// The failure itself when it names no row: asked again it would be the same.
fn problems_by_index(
    failure: Failure,
    rows: usize,
) -> Result<BTreeMap<usize, (Option<String>, String)>, Failure> {
    let mut wrong = BTreeMap::new();
    for problem in &failure.fields {
        if let Some(index) = index_of(&problem.field).filter(|index| *index < rows) {
            let field = problem.field.splitn(3, '.').nth(2).map(str::to_owned);
            wrong.entry(index).or_insert_with(|| (field, problem.message.clone()));
        }
    }
    if wrong.is_empty() { Err(failure) } else { Ok(wrong) }
}

/// The place of somebody in `recipients.7.variables.name`.
fn index_of(field: &str) -> Option<usize> {
    field.strip_prefix("recipients.")?.split('.').next()?.parse().ok()
}
