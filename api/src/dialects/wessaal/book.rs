//! Contacts and templates.

use std::collections::BTreeMap;

use trunkline_model::command::{
    BookCommand, NewTemplate, PlanCommand, PlanReply, TemplateCommand, UpdateTemplate,
};
use trunkline_model::limits::{CONTACT_SEARCH_BYTES_MAX, PAGE_LIMIT_MAX};
use trunkline_model::plan::{ContactRecord, TemplateContent, TemplateRecord, TemplateText};
use trunkline_model::{ErrorCode, Failure, WorkspaceId};

use super::asked;
use super::body::book::{ContactBody, TemplateBody, TemplateSaid};
use super::body::message::Kind;
use super::ids::only;
use super::shown::book::{ContactJson, TemplateJson, TemplateNotes, kind_of, workspace_of};
use super::shown::{DoneJson, SuccessJson};
use super::table::book::BookOperation;
use super::{CONTACT_NAMES, Names, TEMPLATE_NAMES, lookup, renamed, wrong};
use crate::body::RequestBody;
use crate::call::{Call, unexpected};
use crate::dialects::Ask;
use crate::dialects::pages::{Numbered, Paginator, Walk};
use crate::gateway::Gateway;
use crate::limits::{DIALECT_LIST_MAX, DIALECT_PARTS_MAX};
use crate::reply::Answer;

pub(super) async fn answer<G: Gateway>(
    operation: BookOperation,
    ask: &Ask<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    use BookOperation as Op;
    match operation {
        Op::Contacts => contacts(ask).await,
        Op::CreateContact => {
            let body: ContactBody = body.json(ask.call.headers).await?;
            let created = of_book(ask, BookCommand::Create(body.create()?)).await;
            show_contact(ask, created)
        }
        Op::Contact => {
            let record = contact(ask).await?;
            Ok(ask.show(&SuccessJson::of(ContactJson::of(&record))))
        }
        Op::UpdateContact => {
            let record = contact(ask).await?;
            let body: ContactBody = body.json(ask.call.headers).await?;
            let updated = of_book(ask, BookCommand::Update(record.id, body.update()?)).await;
            show_contact(ask, updated)
        }
        Op::DeleteContact => {
            let record = contact(ask).await?;
            of_book(ask, BookCommand::Delete(record.id)).await?;
            Ok(ask.show(&DoneJson::saying("Contact deleted")))
        }
        Op::CreateTemplate => {
            let body: TemplateBody = body.json(ask.call.headers).await?;
            create(ask, body.read(true)?).await
        }
        Op::Templates => list(ask).await,
        Op::Template => show_template(ask, &template(ask).await?),
        Op::UpdateTemplate => {
            let record = template(ask).await?;
            let body: TemplateBody = body.json(ask.call.headers).await?;
            update(ask, &record, body.read(false)?).await
        }
        Op::DeleteTemplate => {
            let record = template(ask).await?;
            of_templates(ask, TemplateCommand::Delete(record.id.to_string())).await?;
            Ok(ask.show(&DoneJson::saying("Template deleted")))
        }
    }
}

async fn of_book<G: Gateway>(ask: &Ask<'_, G>, command: BookCommand) -> Result<PlanReply, Failure> {
    ask.call.plans(PlanCommand::Book(Box::new(command))).await
}

async fn of_templates<G: Gateway>(ask: &Ask<'_, G>, command: TemplateCommand) -> Result<PlanReply, Failure> {
    ask.call.plans(PlanCommand::Template(Box::new(command))).await
}

/// A refusal with the names that fields have here; `unique` is the one that no two may share.
fn in_our_words(failure: Failure, (names, unique): (Names, &str)) -> Failure {
    match failure.code {
        ErrorCode::NameTaken => wrong(unique, format!("The {unique} has already been taken.")),
        ErrorCode::Validation => Failure::invalid(renamed(failure.fields, names)),
        _ => failure,
    }
}

fn show_contact<G: Gateway>(ask: &Ask<'_, G>, reply: Result<PlanReply, Failure>) -> Result<Answer, Failure> {
    match reply.map_err(|failure| in_our_words(failure, (CONTACT_NAMES, "phone")))? {
        PlanReply::Contact(record) => Ok(ask.show(&SuccessJson::of(ContactJson::of(&record)))),
        _ => Err(unexpected()),
    }
}

/// The contact in the path.
async fn contact<G: Gateway>(ask: &Ask<'_, G>) -> Result<ContactRecord, Failure> {
    let number = ask.param("contactId")?.parse().unwrap_or(0);
    lookup::contact(&ask.call, number)
        .await?
        .ok_or_else(|| Failure::new(ErrorCode::ContactNotFound, "Contact not found"))
}

/// All of them, or a page where one is asked for.
async fn contacts<G: Gateway>(ask: &Ask<'_, G>) -> Result<Answer, Failure> {
    let query = &ask.call.query;
    let is_paged = query.get("page").is_some() || query.get("per_page").is_some();
    let window = if is_paged { asked(query) } else { Numbered::WHOLE };
    let search = query.get("search").map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    if search.as_ref().is_some_and(|text| text.len() > CONTACT_SEARCH_BYTES_MAX) {
        return Err(wrong("search", format!("has more than {CONTACT_SEARCH_BYTES_MAX} bytes")));
    }
    let (mut walk, mut after) = (Walk::new(window), None);
    // A search looks at far more than it finds: so many looks are all that one request may cost.
    for _ in 0..DIALECT_PARTS_MAX {
        let command = BookCommand::List { after, search: search.clone(), tag: None, limit: PAGE_LIMIT_MAX };
        let PlanReply::Contacts(records, next) = of_book(ask, command).await? else {
            return Err(unexpected());
        };
        records.iter().for_each(|record| walk.push(ContactJson::of(record)));
        after = next;
        if after.is_none() {
            break;
        }
    }
    if is_paged {
        let page = Paginator::of(ask.row.path, (window, walk.total), walk.kept);
        return Ok(ask.show(&SuccessJson::of(page)));
    }
    Ok(ask.show(&SuccessJson::of(walk.kept)))
}

/// The template in the path.
async fn template<G: Gateway>(ask: &Ask<'_, G>) -> Result<TemplateRecord, Failure> {
    let number = ask.param("templateId")?.parse().unwrap_or(0);
    lookup::template(&ask.call, number)
        .await?
        .ok_or_else(|| Failure::new(ErrorCode::TemplateNotFound, "Template not found"))
}

fn show_template<G: Gateway>(ask: &Ask<'_, G>, record: &TemplateRecord) -> Result<Answer, Failure> {
    let default = WorkspaceId::default_of(ask.call.account());
    Ok(ask.show(&SuccessJson::of(TemplateJson::of(record, default))))
}

/// Every template, up to a bound.
pub(super) async fn templates<G: Gateway>(
    call: &Call<'_, G>,
    active: Option<bool>,
) -> Result<Vec<TemplateRecord>, Failure> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let command = TemplateCommand::List { after, active, limit: PAGE_LIMIT_MAX };
        let asked = call.plans(PlanCommand::Template(Box::new(command))).await?;
        let PlanReply::Templates(records, next) = asked else { return Err(unexpected()) };
        all.extend(records);
        after = next;
        if after.is_none() || all.len() >= DIALECT_LIST_MAX {
            return Ok(all);
        }
    }
}

async fn list<G: Gateway>(ask: &Ask<'_, G>) -> Result<Answer, Failure> {
    let query = &ask.call.query;
    let active = match query.get("is_active") {
        Some("1" | "true") => Some(true),
        Some("0" | "false") => Some(false),
        _ => None,
    };
    let number: Option<u64> = query.get("workspace_id").and_then(|text| text.parse().ok());
    let default = WorkspaceId::default_of(ask.call.account());
    let is_in = |record: &&TemplateRecord| {
        number.is_none_or(|number| super::ids::public(workspace_of(record, default).0) == number)
    };
    let all = templates(&ask.call, active).await?;
    let data: Vec<_> = all.iter().filter(is_in).map(|record| TemplateJson::of(record, default)).collect();
    Ok(ask.show(&SuccessJson::of(data)))
}

/// The workspace of this number.
async fn workspace<G: Gateway>(ask: &Ask<'_, G>, number: u64) -> Result<WorkspaceId, Failure> {
    let records = lookup::workspaces(&ask.call).await?;
    let found = only(records, |record| record.id.0, number);
    found
        .map(|record| record.id)
        .ok_or_else(|| wrong("workspace_id", "The selected workspace id is invalid."))
}

async fn create<G: Gateway>(ask: &Ask<'_, G>, told: TemplateSaid) -> Result<Answer, Failure> {
    let workspace = workspace(ask, told.workspace.unwrap_or_default()).await?;
    let notes = TemplateNotes::of(None).with(Some(workspace), told.kind);
    // The file comes with each message, so what is kept is the text.
    let body = told.content.unwrap_or_default();
    let content = TemplateContent { kind: None, body, media_url: None, file_name: None };
    let problems = content.problems();
    if !problems.is_empty() {
        return Err(Failure::invalid(renamed(problems, TEMPLATE_NAMES)));
    }
    let new = NewTemplate {
        name: told.name.unwrap_or_default(),
        content,
        category: None,
        active: told.active.unwrap_or(true),
        metadata: Some(notes.into_text()),
    };
    shown(ask, of_templates(ask, TemplateCommand::Create(new)).await)
}

async fn update<G: Gateway>(
    ask: &Ask<'_, G>,
    record: &TemplateRecord,
    told: TemplateSaid,
) -> Result<Answer, Failure> {
    let moved = match told.workspace {
        Some(number) => Some(workspace(ask, number).await?),
        None => None,
    };
    let notes = TemplateNotes::of(record.metadata.as_deref());
    let changed = moved.is_some() || told.kind.is_some();
    // One that has its file with it stays of its kind: another one would need another file.
    if let (Some(_), Some(kind)) = (record.content.kind, told.kind)
        && kind != kind_of(record)
    {
        return Err(wrong("message_type", "cannot be changed; the template has a file of its own"));
    }
    let update = UpdateTemplate {
        name: told.name,
        body: told.content,
        active: told.active,
        metadata: changed.then(|| Some(notes.with(moved, told.kind).into_text())),
        ..UpdateTemplate::default()
    };
    shown(ask, of_templates(ask, TemplateCommand::Update(record.id.to_string(), update)).await)
}

fn shown<G: Gateway>(ask: &Ask<'_, G>, reply: Result<PlanReply, Failure>) -> Result<Answer, Failure> {
    match reply.map_err(|failure| in_our_words(failure, (TEMPLATE_NAMES, "name")))? {
        PlanReply::Template(record) => show_template(ask, &record),
        _ => Err(unexpected()),
    }
}

/// What a template is sent as, and the text with its values.
///
/// # Errors
/// `VALIDATION` for a template that is not active, and for variables without a value.
pub(super) fn rendered(
    record: &TemplateRecord,
    variables: &BTreeMap<String, String>,
) -> Result<(Kind, String), Failure> {
    if !record.active {
        return Err(wrong("template_id", "The selected template id is not active."));
    }
    let text = TemplateText::parse(&record.content.body);
    let text = text.map_err(|error| wrong("template_id", error.to_string()))?;
    let text = text.render(variables).map_err(|problems| {
        let fields = problems.into_iter().map(|mut problem| {
            problem.field = problem.field.replacen("variables", "template_variables", 1);
            problem
        });
        Failure::invalid(fields.collect())
    })?;
    Ok((kind_of(record), text))
}
