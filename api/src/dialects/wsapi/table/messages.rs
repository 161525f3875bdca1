//! Messages, their files, calls.

use crate::dialects::table::operations;
use crate::dialects::wsapi::body::about::{
    DeleteBody, DeleteForMeBody, EditBody, PinBody, ReactionBody, ReadBody, StarBody,
};
use crate::dialects::wsapi::body::descriptor::DescriptorBody;
use crate::dialects::wsapi::body::message::{
    ContactBody, LinkBody, LocationBody, MediaBody, PollBody, StickerBody, TextBody,
};
use crate::dialects::wsapi::body::people::RejectBody;
use crate::dialects::wsapi::shown::IdJson;

operations! {
    /// Operations on messages.
    Wsapi ("wsapi") Message: MessageOperation;
    Text: MessagesSend / Send, Instance, {TextBody} => (IdJson), [], "Sends a text."
        { POST "/messages/text" 201 Reference }
    Image: MessagesSend / Send, Instance, {media MediaBody} => (IdJson), [], "Sends a picture."
        { POST "/messages/image" 201 Public }
    Video: MessagesSend / Send, Instance, {media MediaBody} => (IdJson), [], "Sends a video."
        { POST "/messages/video" 201 Public }
    Audio: MessagesSend / Send, Instance, {media MediaBody} => (IdJson), [], "Sends an audio file."
        { POST "/messages/audio" 201 Public }
    Voice: MessagesSend / Send, Instance, {media MediaBody} => (IdJson), [], "Sends a voice note."
        { POST "/messages/voice" 201 Public }
    Document: MessagesSend / Send, Instance, {media MediaBody} => (IdJson), [], "Sends a file under its name."
        { POST "/messages/document" 201 Public }
    Sticker: MessagesSend / Send, Instance, {media StickerBody} => (IdJson), [], "Sends a sticker."
        { POST "/messages/sticker" 201 Public }
    Contact: MessagesSend / Send, Instance, {ContactBody} => (IdJson), [], "Sends a contact card."
        { POST "/messages/contact" 201 Public }
    Location: MessagesSend / Send, Instance, {LocationBody} => (IdJson), [], "Sends a point on the map."
        { POST "/messages/location" 201 Public }
    Link: MessagesSend / Send, Instance, {media LinkBody} => (IdJson), [], "Sends a text with the card of a link."
        { POST "/messages/link" 201 Public }
    Poll: MessagesSend / Send, Instance, {PollBody} => (IdJson), [], "Sends a poll."
        { POST "/messages/poll" 201 Inferred }
    React: MessagesSend / Send, Instance, {ReactionBody} => (IdJson), [],
        "Reacts to a message; an empty reaction takes it back."
        { POST "/messages/{messageId}/reaction" 200 Public }
    Edit: MessagesSend / Send, Instance, {EditBody} => (IdJson), [], "Changes an own text."
        { POST "/messages/{messageId}/edit" 200 Public, PUT "/messages/{messageId}/text" 201 Public }
    Read: MessagesSend / Write, Linked, {ReadBody} => -, [],
        "Sends a receipt. Those of delivery are sent anyway, when a message is on disk."
        { POST "/messages/{messageId}/read" 204 Public, PUT "/messages/{messageId}/read" 200 Public }
    Star: ChatsWrite / Write, Instance, {StarBody} => -, [], "Stars a message, or takes the star off."
        { POST "/messages/{messageId}/star" 204 Public, PUT "/messages/{messageId}/star" 200 Public }
    Pin: MessagesSend / Send, Instance, {PinBody} => -, [], "Pins a message for everyone, or unpins it."
        { POST "/messages/{messageId}/pin" 204 Public }
    Delete: MessagesSend / Send, Instance, {DeleteBody} => -, [], "Deletes a message for everyone."
        { POST "/messages/{messageId}/delete" 204 Public, PUT "/messages/{messageId}/delete" 200 Public }
    DeleteForMe: ChatsWrite / Write, Instance, {DeleteForMeBody} => -, [], "Deletes a message for this account alone."
        { POST "/messages/{messageId}/delete-for-me" 204 Public, PUT "/messages/{messageId}/delete/forme" 200 Public }
    Download: MessagesRead / Lookup, Instance, - => (file), ["id"], "Downloads the file of a received message."
        { GET "/media/download" 200 Public, GET "/media/{id}/download" 200 Public }
    DownloadDescribed: MessagesRead / Lookup, Instance, {DescriptorBody} => (file), [],
        "Downloads a file from WhatsApp's media hosts whose keys the caller has from an event."
        { POST "/media/download" 200 Public }
    RejectCall: ProfileWrite / Write, Instance, {RejectBody} => -, [], "Declines a call that rings."
        { POST "/calls/{callId}/reject" 204 Public, PUT "/calls/{callId}/reject" 204 Public }
}
