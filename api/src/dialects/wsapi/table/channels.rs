//! Newsletters and status.

use crate::dialects::table::operations;
use crate::dialects::wsapi::body::channel::{
    CreateBody, MuteBody, StatusMediaBody, StatusTextBody, SubscriptionBody, UpdateBody,
};
use crate::dialects::wsapi::shown::IdJson;
use crate::dialects::wsapi::shown::channel::{AudienceJson, NewsletterJson, PostJson};

operations! {
    /// Operations on newsletters and status.
    Wsapi ("wsapi") Channel: ChannelOperation;
    List: ChannelsRead / Lookup, Instance, - => (Vec<NewsletterJson>), [], "Lists the newsletters that the number follows."
        { GET "/newsletters" 200 Public }
    Create: ChannelsWrite / Write, Instance, {CreateBody} => (IdJson), [], "Makes a newsletter."
        { POST "/newsletters" 201 Public }
    Preview: ChannelsRead / Lookup, Instance, - => (NewsletterJson), [], "Shows the newsletter behind a code."
        { GET "/newsletters/invite/{code}" 200 Public }
    Get: ChannelsRead / Lookup, Instance, - => (NewsletterJson), [], "Returns one newsletter."
        { GET "/newsletters/{id}" 200 Public }
    Update: ChannelsWrite / Write, Instance, {UpdateBody} => -, [], "Changes a newsletter's name or description."
        { PUT "/newsletters/{id}" 204 Inferred }
    Delete: ChannelsWrite / Write, Instance, - => -, [], "Deletes a newsletter of the number's own."
        { DELETE "/newsletters/{id}" 204 Inferred }
    Posts: ChannelsRead / Lookup, Instance, - => (Vec<PostJson>), [], "Lists what was posted last."
        { GET "/newsletters/{id}/messages" 200 Inferred }
    Subscription: ChannelsWrite / Write, Instance, {SubscriptionBody} => -, [], "Follows a newsletter, or does so no longer."
        { PUT "/newsletters/{id}/subscription" 204 Public, POST "/newsletters/{id}/subscription" 204 Public }
    Mute: ChannelsWrite / Write, Instance, {MuteBody} => -, [], "Silences a newsletter, or lets it be heard."
        { PUT "/newsletters/{id}/mute" 204 Public }
    StatusPrivacy: ChannelsRead / Lookup, Instance, - => (Vec<AudienceJson>), [], "Returns who sees the number's status."
        { GET "/status/privacy" 200 Public }
    StatusText: ChannelsWrite / Send, Instance, {StatusTextBody} => (IdJson), [], "Posts a text to the number's contacts."
        { POST "/status/text" 201 Public }
    StatusImage: ChannelsWrite / Send, Instance, {media StatusMediaBody} => (IdJson), [], "Posts a picture."
        { POST "/status/image" 201 Public }
    StatusVideo: ChannelsWrite / Send, Instance, {media StatusMediaBody} => (IdJson), [], "Posts a video."
        { POST "/status/video" 201 Public }
    StatusAudio: ChannelsWrite / Send, Instance, {media StatusMediaBody} => (IdJson), [], "Posts an audio file."
        { POST "/status/audio" 201 Inferred }
    DeleteStatus: ChannelsWrite / Write, Instance, - => -, [], "Takes a status back."
        { POST "/status/{messageId}/delete" 204 Public }
}
