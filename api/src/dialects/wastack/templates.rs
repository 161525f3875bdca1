//! Templates.

use std::collections::BTreeMap;

use trunkline_model::Failure;
use trunkline_model::command::{PlanCommand, PlanReply, TemplateCommand};
use trunkline_model::limits::PAGE_LIMIT_MAX;
use trunkline_model::message::{Buttons, Choice, Content, MenuForm, Text};
use trunkline_model::plan::TemplateRecord;

use super::body::message::{Around, Said, Wanted, values};
use super::body::template::{Extras, PreviewBody, SendBody, TemplateBody, refused};
use super::body::{anybody, needed, text};
use super::shown::DeletedJson;
use super::shown::template::{PreviewJson, TemplateJson};
use super::table::templates::TemplateOperation;
use super::{Ask, device, maybe, numbered, sending, show, show_page};
use crate::body::{Memory, RequestBody};
use crate::call::unexpected;
use crate::dialects::pages::walk;
use crate::gateway::Gateway;
use crate::limits::{BATCH_JSON_BYTES_MAX, DIALECT_PARTS_MAX};
use crate::reply::Answer;

pub(super) async fn answer<G: Gateway>(
    operation: TemplateOperation,
    ask: &mut Ask<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    use TemplateOperation as Op;
    match operation {
        Op::List => list(ask).await,
        Op::Create => {
            let body: TemplateBody = held(ask, body).await?;
            shown(ask, &*template(ask, TemplateCommand::Create(body.create()?)).await?)
        }
        Op::Get => shown(ask, &*named(ask).await?),
        Op::Update => {
            let body: TemplateBody = held(ask, body).await?;
            let record = named(ask).await?;
            let update = body.update(Extras::of(record.metadata.as_deref()))?;
            shown(ask, &*template(ask, TemplateCommand::Update(record.id.to_string(), update)).await?)
        }
        Op::Delete => {
            let id = named(ask).await?.id.to_string();
            tell(ask, TemplateCommand::Delete(id.clone())).await?;
            show(ask, DeletedJson::of(id))
        }
        Op::Preview => {
            let mut body: PreviewBody = maybe(ask, body).await?;
            let (template, variables) = (ask.param("templateId")?, values(body.variables()));
            let content = rendered(ask, (template, variables), false).await?;
            show(ask, PreviewJson { text: said(&content) })
        }
        Op::Send => send(ask, held(ask, body).await?).await,
    }
}

/// A body with room for a long text.
async fn held<G: Gateway, B: serde::de::DeserializeOwned>(
    ask: &Ask<'_, G>,
    body: RequestBody,
) -> Result<B, Failure> {
    let (body, _memory): (B, Memory) = body.held_json(ask.call.headers, BATCH_JSON_BYTES_MAX).await?;
    Ok(body)
}

async fn tell<G: Gateway>(ask: &Ask<'_, G>, command: TemplateCommand) -> Result<PlanReply, Failure> {
    ask.call.plans(PlanCommand::Template(Box::new(command))).await.map_err(refused)
}

async fn template<G: Gateway>(
    ask: &Ask<'_, G>,
    command: TemplateCommand,
) -> Result<Box<TemplateRecord>, Failure> {
    match tell(ask, command).await? {
        PlanReply::Template(record) => Ok(record),
        _ => Err(unexpected()),
    }
}

/// The template in the path, by its id or its name.
async fn named<G: Gateway>(ask: &Ask<'_, G>) -> Result<Box<TemplateRecord>, Failure> {
    template(ask, TemplateCommand::Get(ask.param("templateId")?)).await
}

fn shown<G: Gateway>(ask: &Ask<'_, G>, record: &TemplateRecord) -> Result<Answer, Failure> {
    show(ask, TemplateJson::of(record))
}

async fn list<G: Gateway>(ask: &Ask<'_, G>) -> Result<Answer, Failure> {
    let asked = numbered(ask)?;
    let category = ask.call.query.get("category");
    let all = walk(DIALECT_PARTS_MAX, async |after| {
        let command = TemplateCommand::List { after, active: None, limit: PAGE_LIMIT_MAX };
        let PlanReply::Templates(mut records, next) = tell(ask, command).await? else {
            return Err(unexpected());
        };
        records.retain(|record| category.is_none_or(|category| record.category.as_deref() == Some(category)));
        Ok((records, next))
    });
    let all = all.await?;
    let total = all.len();
    show_page(ask, (asked, total), asked.of(all.iter()).into_iter().map(TemplateJson::of).collect())
}

async fn send<G: Gateway>(ask: &mut Ask<'_, G>, mut body: SendBody) -> Result<Answer, Failure> {
    device(ask, text(body.device()))?;
    let wanted = Wanted {
        to: anybody("to", &needed("to", body.to())?)?,
        said: Said::Template { template: ask.param("templateId")?, variables: values(body.variables()) },
        around: Around { correlation: text(body.correlation()), ..Around::default() },
        at_ms: None,
    };
    let outgoing = sending::prepare(ask, wanted).await?;
    let accepted = sending::send(ask, outgoing).await?;
    show(ask, accepted)
}

/// What a template sends for these values.
///
/// # Errors
/// `TEMPLATE_NOT_FOUND`, or `VALIDATION` naming the variables that are missing or unknown.
pub(super) async fn render<G: Gateway>(
    ask: &Ask<'_, G>,
    template: String,
    variables: BTreeMap<String, String>,
) -> Result<Content, Failure> {
    rendered(ask, (template, variables), true).await
}

async fn rendered<G: Gateway>(
    ask: &Ask<'_, G>,
    (name, variables): (String, BTreeMap<String, String>),
    to_send: bool,
) -> Result<Content, Failure> {
    let record = template(ask, TemplateCommand::Get(name)).await?;
    let command = TemplateCommand::Render { template: record.id.to_string(), variables, to_send };
    match tell(ask, command).await? {
        PlanReply::Rendered(content) => Ok(with(*content, Extras::of(record.metadata.as_deref()))),
        _ => Err(unexpected()),
    }
}

/// What a template sends, with the footer and the buttons that it has here.
fn with(content: Content, Extras { footer, buttons, .. }: Extras) -> Content {
    let below = |text: &str| match &footer {
        Some(footer) => format!("{text}\n\n_{footer}_"),
        None => text.to_owned(),
    };
    match content {
        Content::Text(Text { body, .. }) if !buttons.is_empty() => {
            let choice = |button: super::body::template::ButtonExtra| Choice {
                id: button.id,
                title: button.title,
                description: None,
            };
            let buttons = buttons.into_iter().map(choice).collect();
            Content::Buttons(Buttons { body, footer, buttons, form: MenuForm::Numbered })
        }
        Content::Text(text) => Content::Text(Text { body: below(&text.body), ..text }),
        Content::Media(mut media) if footer.is_some() => {
            media.caption = Some(below(media.caption.as_deref().unwrap_or_default()).trim_start().to_owned());
            Content::Media(media)
        }
        other => other,
    }
}

/// The words of a content.
fn said(content: &Content) -> String {
    match content {
        Content::Text(text) => text.body.clone(),
        Content::Media(media) => media.caption.clone().unwrap_or_default(),
        Content::Buttons(buttons) => buttons.as_text(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn footers_and_buttons_go_below_the_text() {
        let footer = || Some("Bye".to_owned());
        let plain = || Content::Text(Text::plain("Hi"));
        assert_eq!(said(&with(plain(), Extras::default())), "Hi");
        assert_eq!(said(&with(plain(), Extras { footer: footer(), ..Extras::default() })), "Hi\n\n_Bye_");
        let button =
            super::super::body::template::ButtonExtra { id: "y".to_owned(), title: "Yes".to_owned() };
        let menu = with(plain(), Extras { footer: footer(), buttons: vec![button], ..Extras::default() });
        assert_eq!((menu.kind(), said(&menu).as_str()), ("buttons", "Hi\n\n1. Yes\n\n_Bye_"));
    }
}
