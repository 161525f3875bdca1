//! Bounds of what a caller may hand in and of what is kept, each with its unit in its name.

/// Longest text body of a message, in bytes of UTF-8.
pub const TEXT_BYTES_MAX: usize = 65_536;
/// Longest caption of a media message, in bytes of UTF-8.
pub const CAPTION_BYTES_MAX: usize = 4_096;
/// Largest media file accepted for sending, in bytes.
pub const MEDIA_BYTES_MAX: u64 = 100 << 20;
/// Most people that one message may mention.
pub const MENTIONS_MAX: usize = 1_024;
/// Longest file name of a document, in bytes of UTF-8.
pub const FILE_NAME_BYTES_MAX: usize = 255;
/// Longest `metadata` object that travels with a message or instance, in bytes of its JSON text.
pub const METADATA_BYTES_MAX: usize = 4_096;
/// Longest name of an instance, in bytes.
pub const INSTANCE_NAME_BYTES_MAX: usize = 64;
/// Longest idempotency key, in bytes.
pub const IDEMPOTENCY_KEY_BYTES_MAX: usize = 255;
/// How long an idempotency key is remembered, in milliseconds.
pub const IDEMPOTENCY_TTL_MS: u64 = 24 * 3_600 * 1_000;
/// How long a received message's id is remembered against a second delivery, in milliseconds.
pub const INBOUND_DEDUP_TTL_MS: u64 = 30 * 24 * 3_600 * 1_000;
/// Longest label of an API key, in bytes.
pub const KEY_LABEL_BYTES_MAX: usize = 64;
/// Longest webhook URL, in bytes.
pub const WEBHOOK_URL_BYTES_MAX: usize = 2_048;
/// Most entries of one page of a list.
pub const PAGE_LIMIT_MAX: usize = 200;
/// Entries of a page when the caller names no limit.
pub const PAGE_LIMIT_DEFAULT: usize = 50;
/// Most attempts to hand one message to WhatsApp before it fails.
pub const SEND_ATTEMPTS_MAX: u32 = 8;
/// Longest WhatsApp message id, in bytes.
pub const WA_MESSAGE_ID_BYTES_MAX: usize = 64;

const _: () = assert!(PAGE_LIMIT_DEFAULT <= PAGE_LIMIT_MAX);
/// Longest subject of a group, in characters, as WhatsApp's own clients allow.
pub const GROUP_SUBJECT_CHARS_MAX: usize = 100;
/// Longest description of a group, in characters.
pub const GROUP_DESCRIPTION_CHARS_MAX: usize = 2_048;
/// Most people of one change to a group's participants.
pub const GROUP_PEOPLE_PER_CALL_MAX: usize = 1_024;
/// Longest code of an invitation link, in bytes.
pub const INVITE_CODE_BYTES_MAX: usize = 64;
/// Longest name of a profile, in characters, as WhatsApp's own clients allow.
pub const PROFILE_NAME_CHARS_MAX: usize = 25;
/// Longest about text, in characters.
pub const ABOUT_CHARS_MAX: usize = 139;
/// Most people of one subscription to presence.
pub const PRESENCE_PEOPLE_PER_CALL_MAX: usize = 256;
/// People whose presence one connection follows at most.
pub const PRESENCE_SUBSCRIPTIONS_MAX: usize = 1_024;
/// Longest WhatsApp id of a call, in bytes.
pub const CALL_ID_BYTES_MAX: usize = 64;
/// Longest name of a newsletter, in characters.
pub const NEWSLETTER_NAME_CHARS_MAX: usize = 100;
/// Longest description of a newsletter, in characters.
pub const NEWSLETTER_DESCRIPTION_CHARS_MAX: usize = 2_048;
/// Longest reaction, in bytes of UTF-8: an emoji with its modifiers.
pub const REACTION_BYTES_MAX: usize = 64;
/// Most groups linked to a community by one call.
pub const LINKS_PER_CALL_MAX: usize = 50;

/// Most numbers that one question about who is on WhatsApp may name.
pub const PEOPLE_PER_CHECK_MAX: usize = 100;
/// Numbers that an instance may ask WhatsApp about at one moment after a quiet time.
pub const PEOPLE_CHECKS_AT_ONCE: usize = 300;
/// After that it may ask about one more in so many milliseconds: 1 440 a day.
pub const PEOPLE_CHECK_INTERVAL_MS: i64 = 60_000;
/// How long an answer about who is on WhatsApp serves, in milliseconds.
pub const PEOPLE_CHECK_TTL_MS: u64 = 24 * 3_600 * 1_000;
/// Most people that one call may save: WhatsApp takes them one after the other.
pub const CONTACTS_PER_CALL_MAX: usize = 50;
/// Longest name that somebody is saved under, in characters.
pub const CONTACT_NAME_CHARS_MAX: usize = 256;
/// Longest name of a label, in characters.
pub const LABEL_NAME_CHARS_MAX: usize = 100;
/// Longest id of a label, in bytes.
pub const LABEL_ID_BYTES_MAX: usize = 32;
/// Largest number of a label's colour.
pub const LABEL_COLOR_MAX: i32 = 19;
/// Most older messages that the phone is asked for at a time.
pub const HISTORY_MESSAGES_MAX: u32 = 500;
/// Older messages that the phone is asked for when the caller names no number.
pub const HISTORY_MESSAGES_DEFAULT: u32 = 50;
/// Longest time that messages can be kept, in days.
pub const RETENTION_DAYS_MAX: u32 = 3_650;
/// Longest text that stored messages are searched for, in characters.
pub const SEARCH_TEXT_CHARS_MAX: usize = 256;

const _: () = assert!(PEOPLE_PER_CHECK_MAX <= PEOPLE_CHECKS_AT_ONCE);
/// Longest simulated typing before a message, in milliseconds.
pub const TYPING_MS_MAX: u32 = 20_000;
/// Longest emoji of a reaction, in bytes of UTF-8: families and flags are sequences of code points.
pub const EMOJI_BYTES_MAX: usize = 64;
/// Longest time that a message stays pinned, in seconds.
pub const PIN_SECONDS_MAX: u32 = 30 * 86_400;
/// Largest thumbnail that travels inside a message, in bytes of JPEG.
pub const THUMBNAIL_BYTES_MAX: usize = 64 << 10;
/// Most contact cards of one message.
pub const CARDS_MAX: usize = 64;
/// Longest vCard, in bytes.
pub const VCARD_BYTES_MAX: usize = 16 << 10;
/// Longest question of a poll, in bytes of UTF-8.
pub const POLL_QUESTION_BYTES_MAX: usize = 1_024;
/// Most options of a poll, as WhatsApp's own clients allow.
pub const POLL_OPTIONS_MAX: usize = 12;
/// Longest title of an option, a button, a row or a name, in bytes of UTF-8.
pub const CHOICE_BYTES_MAX: usize = 512;
/// Most buttons of a message.
pub const BUTTONS_MAX: usize = 10;
/// Most rows of a list.
pub const LIST_ROWS_MAX: usize = 50;
/// Most people that a status is sent to, or taken back from.
pub const AUDIENCE_MAX: usize = 5_000;
/// Most messages of one batch.
pub const SEND_BATCH_MAX: usize = 1_000;
/// Voters whose votes of one poll are counted.
pub const POLL_VOTERS_MAX: usize = 4_096;
/// How long a poll and its votes are kept, in milliseconds.
pub const POLL_TTL_MS: u64 = 180 * 24 * 3_600 * 1_000;
/// How long a receipt is kept, in milliseconds.
pub const RECEIPT_TTL_MS: u64 = 30 * 24 * 3_600 * 1_000;
/// Receipts of one message that are shown.
pub const RECEIPTS_SHOWN_MAX: usize = 8_192;
/// Longest address of a proxy, in bytes.
pub const PROXY_URL_BYTES_MAX: usize = 512;
/// Longest user name and longest password of a proxy, in bytes: what SOCKS5 has room for (RFC 1929).
pub const PROXY_CREDENTIAL_BYTES_MAX: usize = 255;

/// Most webhooks, brokers and consumers of an account.
pub const ENDPOINTS_PER_ACCOUNT_MAX: usize = 20_000;
/// Longest name of an endpoint, in bytes.
pub const ENDPOINT_NAME_BYTES_MAX: usize = 64;
/// Most instances that an endpoint names; one that wants more of them takes all.
pub const ENDPOINT_INSTANCES_MAX: usize = 1_000;
/// Most headers of its own that a webhook sends.
pub const WEBHOOK_HEADERS_MAX: usize = 16;
/// Longest value of such a header, in bytes.
pub const WEBHOOK_HEADER_BYTES_MAX: usize = 1_024;
/// Most instances of an endpoint whose events are under way at the same time, on each shard.
pub const ENDPOINT_CONCURRENCY_MAX: u16 = 64;
/// The same, where the caller names no number.
pub const ENDPOINT_CONCURRENCY_DEFAULT: u16 = 8;
/// Shortest time that a delivery may be given, in milliseconds.
pub const ENDPOINT_TIMEOUT_MS_MIN: u32 = 500;
/// Longest time that a delivery may be given, in milliseconds.
pub const ENDPOINT_TIMEOUT_MS_MAX: u32 = 60_000;
/// The same, where the caller names none.
pub const ENDPOINT_TIMEOUT_MS_DEFAULT: u32 = 15_000;
/// Most events of one delivery.
pub const BATCH_EVENTS_MAX: u16 = 500;
/// Longest that an event waits for company, in milliseconds.
pub const BATCH_WAIT_MS_MAX: u32 = 60_000;
/// Most steps of a schedule of retries.
pub const RETRY_STEPS_MAX: usize = 16;
/// Longest that a failed delivery is tried again, in milliseconds: a week.
pub const RETRY_FOR_MS_MAX: u64 = 7 * 24 * 3_600_000;
/// Longest that a replaced key of a webhook signs beside the new one, in milliseconds: a week.
pub const SECRET_OVERLAP_MS_MAX: u64 = 7 * 24 * 3_600_000;
/// The same, where the caller names none: a day.
pub const SECRET_OVERLAP_MS_DEFAULT: u64 = 24 * 3_600_000;
/// Most events that one replay may name.
pub const REPLAY_EVENTS_MAX: usize = 1_000;
/// Longest that a pull waits for the first event, in milliseconds.
pub const PULL_WAIT_MS_MAX: u64 = 30_000;
/// Most bytes of one instance's log that an account may ask to keep at the most.
pub const EVENT_RETENTION_BYTES_MIN: u64 = 1 << 20;
/// Days that events are kept where the account says nothing.
pub const EVENT_RETENTION_DAYS_DEFAULT: u32 = 30;

/// Most templates of an account.
pub const TEMPLATES_PER_ACCOUNT_MAX: usize = 2_000;
/// Longest name of a template, campaign or schedule, in bytes.
pub const PLAN_NAME_BYTES_MAX: usize = 128;
/// Longest name of a variable, in bytes.
pub const VARIABLE_NAME_BYTES_MAX: usize = 64;
/// Longest value of a variable, in bytes.
pub const VARIABLE_VALUE_BYTES_MAX: usize = 4_096;
/// Most variables of a template, and values of one recipient.
pub const VARIABLES_MAX: usize = 64;
/// Most bytes of the values of one recipient, or of the fields of its own that a contact has, all together.
pub const VARIABLES_BYTES_MAX: usize = 16 << 10;
/// Longest address of a file that a template names, in bytes.
pub const TEMPLATE_URL_BYTES_MAX: usize = 2_048;
/// Most contacts of an account's address book.
pub const CONTACTS_PER_ACCOUNT_MAX: usize = 1_000_000;
/// Longest note about a contact, in bytes.
pub const CONTACT_NOTE_BYTES_MAX: usize = 4_096;
/// Most tags of a contact, and of one question for contacts.
pub const TAGS_MAX: usize = 32;
/// Longest tag, in bytes.
pub const TAG_BYTES_MAX: usize = 64;
/// Most fields of its own that a contact has.
pub const CUSTOM_FIELDS_MAX: usize = 32;
/// Contacts of an import that are written together.
pub const CONTACTS_PER_IMPORT_BATCH: usize = 200;
/// Longest text that contacts are searched for, in bytes.
pub const CONTACT_SEARCH_BYTES_MAX: usize = 64;
/// Most words with which people opt out, of one account.
pub const OPT_OUT_WORDS_MAX: usize = 64;
/// Longest of these words, in bytes.
pub const OPT_OUT_WORD_BYTES_MAX: usize = 64;
/// Longest note about somebody on the suppression list, in bytes.
pub const SUPPRESSION_NOTE_BYTES_MAX: usize = 1_024;
/// Most people that are put on the suppression list by one call.
pub const SUPPRESSIONS_PER_CALL_MAX: usize = 1_000;
/// Shortest and longest one-time password, in characters.
pub const OTP_LENGTH: core::ops::RangeInclusive<u8> = 4..=10;
/// How long a one-time password may serve, in seconds.
pub const OTP_TTL_SECONDS: core::ops::RangeInclusive<u32> = 30..=3_600;
/// How often a wrong one may be tried.
pub const OTP_ATTEMPTS: core::ops::RangeInclusive<u8> = 1..=10;
/// How soon it may be sent again, in seconds.
pub const OTP_RESEND_SECONDS: core::ops::RangeInclusive<u32> = 1..=600;
/// Most times that one is sent.
pub const OTP_SENDS_MAX: u8 = 5;
/// How long a one-time password is remembered after its end, in milliseconds.
pub const OTP_KEPT_MS: i64 = 24 * 3_600 * 1_000;
/// Longest text around a one-time password, in bytes.
pub const OTP_TEXT_BYTES_MAX: usize = 1_024;
/// Most people of a campaign.
pub const CAMPAIGN_RECIPIENTS_MAX: u32 = 100_000;
/// Most people that one call adds to a campaign.
pub const CAMPAIGN_RECIPIENTS_PER_CALL_MAX: usize = 1_000;
/// Most instances that a campaign is sent by.
pub const CAMPAIGN_INSTANCES_MAX: usize = 100;
/// Most campaigns of an account.
pub const CAMPAIGNS_PER_ACCOUNT_MAX: usize = 2_000;
/// Most messages a minute that a campaign may ask of an instance.
pub const CAMPAIGN_PER_MINUTE_MAX: u32 = 6_000;
/// Most schedules of an account.
pub const SCHEDULES_PER_ACCOUNT_MAX: usize = 5_000;
/// Longest cron expression, in bytes.
pub const CRON_BYTES_MAX: usize = 128;
/// How far ahead a message may be scheduled, in milliseconds: two years.
pub const SCHEDULE_AHEAD_MS_MAX: i64 = 2 * 366 * 24 * 3_600_000;
/// Longest that a run may be late and still happen, in seconds: well within the life of its idempotency key.
pub const MISFIRE_GRACE_SECONDS_MAX: u32 = 12 * 3_600;
/// The same, where the caller names none.
pub const MISFIRE_GRACE_SECONDS_DEFAULT: u32 = 3_600;
/// Runs of a schedule that are kept.
pub const SCHEDULE_RUNS_KEPT: usize = 100;
/// Times that were missed which are counted one by one; of more the count is a lower bound.
pub const MISSED_RUNS_COUNTED_MAX: u32 = 1_000;

const _: () = assert!((MISFIRE_GRACE_SECONDS_MAX as u64) * 2_000 <= IDEMPOTENCY_TTL_MS);
/// Most accounts of a node.
pub const ACCOUNTS_MAX: usize = 10_000;
/// Longest name of an account, in bytes.
pub const ACCOUNT_NAME_BYTES_MAX: usize = 128;
/// Most workspaces of an account.
pub const WORKSPACES_PER_ACCOUNT_MAX: usize = 1_000;
/// Longest name of a workspace or app, in bytes.
pub const WORKSPACE_NAME_BYTES_MAX: usize = 64;
/// Most API keys of an account: some dialects want one for each instance.
pub const KEYS_PER_ACCOUNT_MAX: usize = 20_000;
/// Most apps of an account.
pub const APPS_PER_ACCOUNT_MAX: usize = 1_000;
/// Most instances that a key or app names; one that wants more of them takes all.
pub const KEY_INSTANCES_MAX: usize = 1_000;
/// Most ranges of addresses that a key or app is taken from.
pub const KEY_ADDRESSES_MAX: usize = 64;
/// Longest that a replaced key opens beside the new one, in milliseconds: thirty days.
pub const KEY_OVERLAP_MS_MAX: u64 = 30 * 24 * 3_600_000;
/// The same, where the caller names none: a day.
pub const KEY_OVERLAP_MS_DEFAULT: u64 = 24 * 3_600_000;
/// Shortest secret of a key that a caller chooses, in bytes.
pub const KEY_CHOSEN_BYTES_MIN: usize = 24;
/// Longest one, in bytes.
pub const KEY_CHOSEN_BYTES_MAX: usize = 128;
/// Fewest different characters of one.
pub const KEY_CHOSEN_KINDS_MIN: usize = 8;
/// Most files at public addresses of an account.
pub const FILES_PER_ACCOUNT_MAX: usize = 1_000;
/// Bytes that they have together at the most.
pub const FILES_BYTES_PER_ACCOUNT_MAX: u64 = 1 << 30;
/// Longest life of one, in milliseconds: thirty days.
pub const FILE_LIFE_MS_MAX: u64 = 30 * 24 * 3_600_000;
/// The same, where the caller names none: a day.
pub const FILE_LIFE_MS_DEFAULT: u64 = 24 * 3_600_000;
/// Shortest life of one, in milliseconds: a minute.
pub const FILE_LIFE_MS_MIN: u64 = 60_000;
/// Highest rate of a class, in requests per minute.
pub const RATE_PER_MINUTE_MAX: u32 = 10_000_000;
/// Entries of an account's log of changes that are kept; older ones go.
pub const AUDIT_ENTRIES_MAX: u64 = 100_000;

/// Messages of one pocket that are paid for and have not ended.
pub const POCKET_HELD_MAX: usize = 1_000_000;
/// How long a message may be paid for before its instance is asked whether it accepted it, in milliseconds: longer than any
/// request takes.
pub const VOUCHER_PATIENCE_MS: i64 = 60_000;
/// How long after that an instance is asked again that has accepted the message, in milliseconds.
pub const VOUCHER_ASKED_AGAIN_MS: i64 = 3_600_000;
/// How long an instance remembers that a voucher is over, in milliseconds: nothing is on its way for so long.
pub const VOUCHER_REMEMBERED_MS: i64 = 24 * 3_600_000;
/// Most credits of one top-up or withdrawal.
pub const CREDITS_PER_ORDER_MAX: i64 = 1_000_000_000;
/// Most members of an account.
pub const MEMBERS_PER_ACCOUNT_MAX: usize = 1_000;
/// Longest e-mail address, in bytes.
pub const EMAIL_BYTES_MAX: usize = 254;
/// Longest name of a member, in bytes.
pub const MEMBER_NAME_BYTES_MAX: usize = 128;
/// Shortest password, in characters.
pub const PASSWORD_CHARS_MIN: usize = 10;
/// Longest password, in bytes.
pub const PASSWORD_BYTES_MAX: usize = 256;
/// Longest name of a browser that is remembered, in bytes.
pub const AGENT_BYTES_MAX: usize = 256;
