//! Newsletters and status.

use crate::json::channel::{
    AudienceJson, CreateNewsletterBody, DeleteStatusBody, MuteBody, NewsletterJson, PostJson, ReactionBody,
    UpdateNewsletterBody,
};
use crate::json::group::InviteBody;
use crate::json::{List, Page};

super::operations! {
    /// Operations on newsletters and status.
    Channel: ChannelOperation, TABLE;
    List: GET "/v1/instances/{instance}/newsletters", "newsletters.list", ChannelsRead / Lookup,
        - => (200 List<NewsletterJson<'_>>), [],
        "Lists the newsletters that the number owns or follows.";
    Create: POST "/v1/instances/{instance}/newsletters", "newsletters.create", ChannelsWrite / Write,
        {CreateNewsletterBody} => (201 NewsletterJson<'_>), [],
        "Makes a newsletter.";
    Preview: POST "/v1/instances/{instance}/newsletters/preview", "newsletters.preview", ChannelsRead / Lookup,
        {InviteBody} => (200 NewsletterJson<'_>), [],
        "Shows the newsletter behind a link or code.";
    Get: GET "/v1/instances/{instance}/newsletters/{newsletter}", "newsletters.get", ChannelsRead / Lookup,
        - => (200 NewsletterJson<'_>), [],
        "Returns one newsletter, whether or not the number follows it.";
    Update: PATCH "/v1/instances/{instance}/newsletters/{newsletter}", "newsletters.update", ChannelsWrite / Write,
        {UpdateNewsletterBody} => (200 NewsletterJson<'_>), [],
        "Changes name or description; what is left out stays.";
    Delete: DELETE "/v1/instances/{instance}/newsletters/{newsletter}", "newsletters.delete", ChannelsWrite / Write,
        - => (204), [],
        "Deletes a newsletter that the number owns.";
    Follow: POST "/v1/instances/{instance}/newsletters/{newsletter}/follow", "newsletters.follow", ChannelsWrite / Write,
        {} => (204), [],
        "Follows a newsletter.";
    Unfollow: POST "/v1/instances/{instance}/newsletters/{newsletter}/unfollow", "newsletters.unfollow", ChannelsWrite / Write,
        {} => (204), [],
        "Follows a newsletter no longer.";
    Mute: PUT "/v1/instances/{instance}/newsletters/{newsletter}/mute", "newsletters.mute", ChannelsWrite / Write,
        {MuteBody} => (204), [],
        "Silences a newsletter's notifications, or lets them through.";
    Posts: GET "/v1/instances/{instance}/newsletters/{newsletter}/messages", "newsletters.messages", ChannelsRead / Lookup,
        - => (200 Page<PostJson<'_>>), ["limit", "cursor"],
        "Lists what was posted, newest first.";
    React: POST "/v1/instances/{instance}/newsletters/{newsletter}/messages/{post}/reaction", "newsletters.react", ChannelsWrite / Write,
        {ReactionBody} => (204), [],
        "Reacts to a post, or takes a reaction back.";
    StatusAudience: GET "/v1/instances/{instance}/status/audience", "status.audience", ChannelsRead / Lookup,
        - => (200 List<AudienceJson<'_>>), [],
        "Returns the lists of who sees the number's status, and which of them is in force.";
    DeleteStatus: POST "/v1/instances/{instance}/status/{wa_message}/delete", "status.delete", ChannelsWrite / Write,
        {DeleteStatusBody} => (204), [],
        "Takes back a status that was posted, for those whom it was posted to.";
}
