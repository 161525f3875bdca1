//! The body of a status.

use schemars::JsonSchema;
use serde::Deserialize;
use trunkline_model::message::{Content, MediaKind, SendMessage, SendOptions, ValidateSend};
use trunkline_model::{Address, Failure};

use super::media::MediaBody;
use super::text::StatusTextBody;
use super::{Draft, DraftBody, PendingFile, Upload, check_key, read_lane};
use crate::json::audience::AudienceBody;
use crate::json::fields::{Object, Problems, present};
use crate::json::raw::RawObject;

/// A status: one content, and who sees it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PostStatus")]
pub(crate) struct StatusBody {
    /// Who sees it: phone numbers or WhatsApp ids, or the word `contacts` for those whom the account saved, as far as its own setting
    /// of who sees its status lets them.
    audience: AudienceBody,
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "StatusTextBody")]
    text: Option<Object<StatusTextBody>>,
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "MediaBody")]
    image: Option<Object<MediaBody>>,
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "MediaBody")]
    video: Option<Object<MediaBody>>,
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "MediaBody")]
    audio: Option<Object<MediaBody>>,
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "MediaBody")]
    voice: Option<Object<MediaBody>>,
    /// Which lane of the outbox it takes: `otp`, `interactive`, `reply` or `bulk`.
    #[serde(default)]
    lane: Option<String>,
    /// The caller's own object, given back with every event of the message.
    #[serde(default)]
    metadata: Option<RawObject>,
    /// As the header of that name.
    #[serde(default)]
    idempotency_key: Option<String>,
}

impl DraftBody for StatusBody {
    fn read(mut self, upload: Option<Upload>) -> Result<Draft, Failure> {
        let mut problems = Problems::default();
        let content = self.take_content(&mut problems, upload);
        let lane = read_lane(&mut problems, self.lane.as_deref());
        check_key(&mut problems, self.idempotency_key.as_deref());
        let audience = self.audience.read(&mut problems);
        let draft = content.zip(lane).map(|((content, file), lane)| {
            let message = SendMessage {
                to: Address::Status,
                content,
                quote: None,
                mentions: Vec::new(),
                options: SendOptions { audience, ..SendOptions::default() },
                lane,
                metadata: self.metadata.map(|raw| raw.0),
            };
            problems.extend(message.problems());
            Draft { message, file, idempotency_key: self.idempotency_key }
        });
        problems.or(draft)
    }
}

impl StatusBody {
    fn take_content(
        &mut self,
        problems: &mut Problems,
        upload: Option<Upload>,
    ) -> Option<(Content, PendingFile)> {
        let files = [
            (MediaKind::Image, self.image.take()),
            (MediaKind::Video, self.video.take()),
            (MediaKind::Audio, self.audio.take()),
            (MediaKind::Voice, self.voice.take()),
        ];
        let mut files: Vec<_> = files.into_iter().filter_map(|(kind, body)| Some((kind, body?.0))).collect();
        match (self.text.take(), files.pop()) {
            (Some(_), None) if upload.is_some() => {
                problems.add("file", "does not belong to a text");
                None
            }
            (Some(Object(text)), None) => Some((Content::Text(text.read(problems)), PendingFile::Nothing)),
            (None, Some((kind, body))) if files.is_empty() => body.read(problems, kind, upload),
            (None, None) => {
                problems.add("text", "is missing, and so are `image`, `video`, `audio` and `voice`");
                None
            }
            _ => {
                problems.add("text", "stands beside another content; a status has one");
                None
            }
        }
    }
}
