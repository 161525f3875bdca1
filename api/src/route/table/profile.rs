//! The number's own profile, privacy, presence, limits and calls.

use crate::json::List;
use crate::json::channel::{CallLinkBody, CallLinkJson, RejectCallBody};
use crate::json::profile::{
    ActivityBody, DeviceJson, FollowBody, LimitsJson, PictureJson, PresenceBody, PrivacyJson, ProfileJson,
    UpdatePrivacyBody, UpdateProfileBody,
};

super::operations! {
    /// Operations on the number itself.
    Profile: ProfileOperation, TABLE;
    Get: GET "/v1/instances/{instance}/profile", "profile.get", ProfileRead / Lookup,
        - => (200 ProfileJson<'_>), [],
        "Returns the number's own name, about text and picture.";
    Update: PATCH "/v1/instances/{instance}/profile", "profile.update", ProfileWrite / Write,
        {UpdateProfileBody} => (200 ProfileJson<'_>), [],
        "Changes name or about text; what is left out stays.";
    GetPicture: GET "/v1/instances/{instance}/profile/picture", "profile.get_picture", ProfileRead / Lookup,
        - => (200 PictureJson<'_>), [],
        "Returns where the number's own picture can be fetched for a while.";
    SetPicture: PUT "/v1/instances/{instance}/profile/picture", "profile.set_picture", ProfileWrite / Write,
        {file} => (204), [],
        "Sets the number's picture: a JPEG as the body.";
    RemovePicture: DELETE "/v1/instances/{instance}/profile/picture", "profile.remove_picture", ProfileWrite / Write,
        - => (204), [],
        "Removes the number's picture.";
    ListDevices: GET "/v1/instances/{instance}/devices", "devices.list", ProfileRead / Lookup,
        - => (200 List<DeviceJson<'_>>), [],
        "Lists the devices of the number's WhatsApp account, the phone first.";
    GetPrivacy: GET "/v1/instances/{instance}/privacy", "privacy.get", ProfileRead / Lookup,
        - => (200 PrivacyJson), [],
        "Returns who sees what of the number.";
    UpdatePrivacy: PATCH "/v1/instances/{instance}/privacy", "privacy.update", ProfileWrite / Write,
        {UpdatePrivacyBody} => (200 PrivacyJson), [],
        "Changes who sees what of the number; what is left out stays.";
    SetPresence: PUT "/v1/instances/{instance}/presence", "presence.set", ProfileWrite / Write,
        {PresenceBody} => (204), [],
        "Shows the number as online or not; WhatsApp does not confirm it.";
    FollowPresence: POST "/v1/instances/{instance}/presence/subscriptions", "presence.follow", ChatsRead / Lookup,
        {FollowBody} => (204), [],
        "Asks to be told, by events, when these people come and go; WhatsApp does not confirm it, and forgets it with the connection.";
    UnfollowPresence: DELETE "/v1/instances/{instance}/presence/subscriptions/{person}", "presence.unfollow", ChatsRead / Lookup,
        - => (204), [],
        "Does not want to be told of somebody any more.";
    ShowActivity: PUT "/v1/instances/{instance}/chats/{chat}/presence", "presence.show", MessagesSend / Write,
        {ActivityBody} => (204), [],
        "Shows in a chat that something is being typed or recorded, or no longer; WhatsApp does not confirm it.";
    GetLimits: GET "/v1/instances/{instance}/limits", "limits.get", ProfileRead / Lookup,
        - => (200 LimitsJson<'_>), [],
        "Returns what WhatsApp publishes of the number's limits: whether writing to strangers is restricted, and the quota of new chats.";
    RejectCall: POST "/v1/instances/{instance}/calls/{call}/reject", "calls.reject", ProfileWrite / Write,
        {RejectCallBody} => (204), [],
        "Declines a call that rings.";
    CreateCallLink: POST "/v1/instances/{instance}/calls/links", "calls.create_link", ProfileWrite / Write,
        {CallLinkBody} => (201 CallLinkJson<'_>), [],
        "Makes a link that others join a call by.";
}
