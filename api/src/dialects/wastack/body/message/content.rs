//! What a message says, by its type.

use trunkline_model::Failure;
use trunkline_model::message::{
    Buttons, Choice, ContactCard, ContactFields, Content, LinkPreview, ListMenu, ListSection, Location,
    MediaKind, MenuForm, Poll, Text,
};

use super::super::{anybody, needed, text};
use super::{ChoiceBody, Emoji, Kind, Said, SendBody, list, values};
use crate::dialects::file;
use crate::dialects::loose::Loose;
use crate::dialects::wastack::wrong;
use crate::json::fields::Object;
use crate::json::send::{PendingFile, Upload};

impl SendBody {
    /// What it says, as a message of this kind.
    ///
    /// # Errors
    /// `VALIDATION` naming the first member that is wrong.
    pub(crate) fn said(mut self, kind: Kind, upload: Option<Upload>) -> Result<Said, Failure> {
        let content = match kind {
            Kind::Text => self.read_text()?,
            Kind::Media(kind) => {
                let (content, file) = self.file(kind, upload)?;
                return Ok(Said::Content(content, file));
            }
            Kind::Location => self.place()?,
            Kind::Contact => self.cards()?,
            Kind::Poll => Content::Poll(Poll {
                question: needed("question", self.question())?,
                options: list(self.options()).into_iter().map(|Loose(option)| option).collect(),
                selectable: self.selectable().map_or(1, |Loose(count)| count),
            }),
            Kind::Buttons => Content::Buttons(Buttons {
                body: needed("text", self.text())?,
                footer: text(self.footer()),
                buttons: choices("buttons", list(self.buttons()))?,
                form: MenuForm::Numbered,
            }),
            Kind::List => self.menu()?,
            Kind::Reaction => {
                let message = needed("messageId", self.message_id())?;
                let Emoji(emoji) = self.emoji().ok_or_else(|| wrong("emoji", "is missing"))?;
                return Ok(Said::Reaction { message, emoji });
            }
            Kind::Template => {
                let template = needed("templateId", self.template_id().or_else(|| self.template_name()))?;
                let variables = values(self.variables());
                return Ok(Said::Template { template, variables });
            }
        };
        Ok(Said::Content(content, PendingFile::Nothing))
    }

    fn read_text(&mut self) -> Result<Content, Failure> {
        let body = needed("text", self.text())?;
        let preview = match self.link_preview() {
            Some(Loose(true)) => LinkPreview::Fetch,
            _ => LinkPreview::None,
        };
        Ok(Content::Text(Text { body, preview, style: None }))
    }

    fn file(&mut self, kind: MediaKind, upload: Option<Upload>) -> Result<(Content, PendingFile), Failure> {
        let mut inner = self.media().unwrap_or_default().0;
        let wanted = file::Wanted {
            data: self.base64().or_else(|| inner.base64()),
            url: text(self.media_url().or_else(|| inner.url())),
            upload,
            mime_type: text(self.mime_type().or_else(|| inner.mime_type())),
            caption: text(self.caption().or_else(|| self.text())),
            file_name: text(self.file_name().or_else(|| inner.file_name())),
            view_once: self.view_once().is_some_and(|Loose(once)| once),
        };
        let (media, file) = wanted.read(kind, ("mediaUrl", "base64"))?;
        if kind == MediaKind::Document && media.file_name.is_none() {
            return Err(wrong("fileName", "is missing"));
        }
        Ok((Content::Media(media), file))
    }

    fn place(&mut self) -> Result<Content, Failure> {
        let degrees = |field: &str, given: Option<Loose<f64>>, most: f64| match given {
            // Ten millionths of a degree: about a centimetre.
            Some(Loose(degrees)) if degrees.abs() <= most => Ok((degrees * 1e7).round() as i64),
            Some(_) => Err(wrong(field, format!("is not between -{most} and {most}"))),
            None => Err(wrong(field, "is missing")),
        };
        Ok(Content::Location(Location {
            latitude_e7: degrees("latitude", self.latitude(), 90.0)?,
            longitude_e7: degrees("longitude", self.longitude(), 180.0)?,
            name: text(self.name()),
            address: text(self.address()),
            url: None,
        }))
    }

    fn cards(&mut self) -> Result<Content, Failure> {
        let no_card = |field: &str| wrong(field, "is no vCard with a name");
        if let Some(vcard) = text(self.vcard()) {
            let card = ContactCard::of_vcard(vcard).ok_or_else(|| no_card("vcard"))?;
            return Ok(Content::Contacts(vec![card]));
        }
        let mut cards = Vec::new();
        for (index, Object(mut card)) in list(self.contacts()).into_iter().enumerate() {
            let field = |name: &str| format!("contacts.{index}.{name}");
            if let Some(vcard) = text(card.vcard()) {
                cards.push(ContactCard::of_vcard(vcard).ok_or_else(|| no_card(&field("vcard")))?);
                continue;
            }
            let name = needed(&field("fullName"), card.name())?;
            let phone = anybody(&field("phone"), &needed(&field("phone"), card.phone())?)?;
            let phone = phone.phone().ok_or_else(|| wrong(&field("phone"), "is not a phone number"))?;
            cards.push(ContactCard::of(ContactFields {
                name,
                phones: vec![phone.to_owned()],
                organization: text(card.organization()),
                email: text(card.email()),
                url: None,
            }));
        }
        if cards.is_empty() {
            return Err(wrong("contacts", "is missing, and so is `vcard`; give one of them"));
        }
        Ok(Content::Contacts(cards))
    }

    fn menu(&mut self) -> Result<Content, Failure> {
        let mut sections = Vec::new();
        for (index, Object(mut section)) in list(self.sections()).into_iter().enumerate() {
            let rows = choices(&format!("sections.{index}.rows"), list(section.rows()))?;
            sections.push(ListSection { title: text(section.title()), rows });
        }
        Ok(Content::List(ListMenu {
            body: needed("text", self.text())?,
            footer: text(self.footer()),
            button: text(self.button()).unwrap_or_else(|| "Menu".to_owned()),
            sections,
            form: MenuForm::Numbered,
        }))
    }
}

/// Buttons, or rows.
pub(crate) fn choices(field: &str, given: Vec<Object<ChoiceBody>>) -> Result<Vec<Choice>, Failure> {
    let read = |(index, Object(mut choice)): (usize, Object<ChoiceBody>)| {
        let title = needed(&format!("{field}.{index}.title"), choice.title())?;
        let id = text(choice.id()).unwrap_or_else(|| title.clone());
        Ok(Choice { id, title, description: text(choice.description()) })
    };
    given.into_iter().enumerate().map(read).collect()
}
