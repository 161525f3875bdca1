use trunkline_model::inbound::Party;
use trunkline_model::message::{
    BlobRef, Edit, Lane, Media, MediaKind, MediaShow, MediaSource, MessageRef, Reaction, SendOptions,
    TextStyle,
};
use trunkline_model::record::{MediaFacts, UploadedMedia};
use waproto::whatsapp::message::protocol_message::Type as ProtocolType;

use super::*;

fn message(content: Content) -> SendMessage {
    SendMessage {
        to: Address::Phone("15550000001".into()),
        content,
        quote: None,
        mentions: Vec::new(),
        options: SendOptions::default(),
        lane: Lane::Interactive,
        metadata: None,
    }
}

fn text() -> SendMessage {
    message(Content::Text(Text::plain("hello")))
}

fn media(kind: MediaKind, caption: Option<&str>) -> SendMessage {
    message(Content::Media(Media {
        kind,
        source: MediaSource::Blob(BlobRef { sha256: [0; 32], size_bytes: 4 }),
        mime_type: None,
        caption: caption.map(str::to_owned),
        file_name: Some("a.pdf".into()),
        duration_seconds: Some(9),
        show: MediaShow::default(),
    }))
}

fn uploaded() -> AttachedMedia {
    let file = UploadedMedia {
        url: "https://host/d".into(),
        direct_path: "/d".into(),
        media_key: [1; 32],
        file_sha256: [2; 32],
        file_enc_sha256: [3; 32],
        size_bytes: 4,
        key_made_at_s: 5,
        streaming_sidecar: Some(vec![6]),
        expires_at_ms: 7,
        mime_type: None,
        facts: MediaFacts::default(),
    };
    AttachedMedia { file, mime_type: Some("x/y".into()), sealed: true }
}

fn built(message: &SendMessage) -> wa::Message {
    build(message, Parts { uploaded: Some(uploaded()), ..Parts::default() }).expect("builds")
}

fn quote(participant: Option<Address>) -> Quote {
    Quote { wa_id: "ABC".into(), participant, body: Some("earlier".into()) }
}

#[test]
fn plain_text_stays_plain() {
    let built = built(&text());
    assert_eq!(built.conversation.as_deref(), Some("hello"));
    assert!(built.extended_text_message.is_unset());
}

#[test]
fn quotes_and_mentions_travel_in_the_context() {
    let ada = Address::Phone("15550000002".into());
    let message = SendMessage { quote: Some(quote(None)), mentions: vec![ada], ..text() };
    let built = built(&message);
    assert_eq!(built.conversation, None);
    let extended = built.extended_text_message.into_option().expect("the longer form");
    assert_eq!(extended.text.as_deref(), Some("hello"));
    let context = extended.context_info.into_option().expect("a context");
    assert_eq!(context.stanza_id.as_deref(), Some("ABC"));
    assert_eq!(context.mentioned_jid, ["15550000002@s.whatsapp.net"]);
    let quoted = context.quoted_message.into_option().expect("a quoted message");
    assert_eq!(quoted.conversation.as_deref(), Some("earlier"));
}

#[test]
fn the_author_of_a_quote() {
    let check = |to: Address, participant: Option<Address>, expected: Option<&str>| {
        assert_eq!(quoted_author(&quote(participant), &to).as_deref(), expected);
    };
    let (person, group) = (Address::Phone("1555".into()), Address::Group("12036".into()));
    check(person.clone(), None, Some("1555@s.whatsapp.net"));
    check(person, Some(Address::Lid("99".into())), Some("99@lid"));
    check(group.clone(), Some(Address::Lid("99".into())), Some("99@lid"));
    check(group, None, None);
}

#[test]
fn each_kind_of_media_has_its_own_message() {
    let image = built(&media(MediaKind::Image, Some("look"))).image_message.into_option().expect("an image");
    assert_eq!(image.caption.as_deref(), Some("look"));
    assert_eq!((image.direct_path.as_deref(), image.file_length), (Some("/d"), Some(4)));
    assert_eq!((image.media_key, image.file_sha256), (Some(vec![1; 32]), Some(vec![2; 32])));
    assert_eq!((image.file_enc_sha256, image.mimetype.as_deref()), (Some(vec![3; 32]), Some("x/y")));

    let video = built(&media(MediaKind::Video, None)).video_message.into_option().expect("a video");
    assert_eq!((video.seconds, video.caption, video.streaming_sidecar), (Some(9), None, Some(vec![6])));

    for (kind, is_voice) in [(MediaKind::Audio, false), (MediaKind::Voice, true)] {
        let audio = built(&media(kind, None)).audio_message.into_option().expect("audio");
        assert_eq!((audio.ptt, audio.seconds), (Some(is_voice), Some(9)));
    }
    assert!(built(&media(MediaKind::Sticker, None)).sticker_message.is_set());
}

#[test]
fn a_document_is_wrapped_only_with_a_caption() {
    let plain =
        built(&media(MediaKind::Document, Some(""))).document_message.into_option().expect("a document");
    assert_eq!((plain.file_name.as_deref(), plain.caption), (Some("a.pdf"), None));
    let wrapped = built(&media(MediaKind::Document, Some("sign here")));
    assert!(wrapped.document_message.is_unset());
    let wrapper = wrapped.document_with_caption_message.into_option().expect("a wrapper");
    let inner = wrapper.message.into_option().expect("a message").document_message.into_option();
    assert_eq!(inner.expect("a document").caption.as_deref(), Some("sign here"));
}

#[test]
fn media_without_its_file_is_refused_for_good() {
    let error = build(&media(MediaKind::Image, None), Parts::default()).expect_err("nothing was uploaded");
    assert_eq!((error.reason(), error.is_retryable()), ("invalid_message", false));
}

#[test]
fn what_is_sent_reads_back_as_the_same() {
    for (kind, caption) in [
        (MediaKind::Image, Some("c")),
        (MediaKind::Video, Some("c")),
        (MediaKind::Audio, None),
        (MediaKind::Voice, None),
        (MediaKind::Document, Some("c")),
        (MediaKind::Document, None),
        (MediaKind::Sticker, None),
    ] {
        let received = crate::message::received(&built(&media(kind, caption))).expect("is for people");
        let trunkline_model::inbound::InboundContent::Media(read) = received.content else {
            panic!("{kind:?}")
        };
        assert_eq!((read.kind, read.caption.as_deref(), read.direct_path.as_str()), (kind, caption, "/d"));
    }
}

#[test]
fn options_travel_in_the_context_wherever_it_is() {
    let options = SendOptions { forwarded: true, expires_in_seconds: Some(86_400), ..SendOptions::default() };
    let once = |message: SendMessage| {
        let Content::Media(media) = message.content else { panic!("no file") };
        let content = Content::Media(Media { show: MediaShow { view_once: true, ..media.show }, ..media });
        SendMessage { content, options: options.clone(), ..message }
    };
    let plain = SendMessage { options: options.clone(), ..text() };
    for message in [plain, once(media(MediaKind::Image, None)), once(media(MediaKind::Voice, None))] {
        let received = crate::message::received(&built(&message)).expect("is for people");
        assert_eq!((received.marks.forwarded, received.marks.expires_in_seconds), (true, Some(86_400)));
    }
}

#[test]
fn everybody_is_mentioned_once() {
    let ada = Address::Phone("15550000002".into());
    let message = SendMessage { mentions: vec![ada.clone()], ..text() };
    let everybody = vec![ada.jid(), "99@lid".to_owned()];
    let built = build(&message, Parts { everybody, ..Parts::default() }).expect("builds");
    let mentions = crate::message::received(&built).expect("is for people").mentions;
    assert_eq!(mentions, ["15550000002@s.whatsapp.net", "99@lid"].map(Party::of_jid));
}

#[test]
fn cards_of_links_and_styles_need_the_longer_form() {
    let card = LinkCard { url: "https://a.example".into(), title: "A".into(), ..LinkCard::default() };
    let style = TextStyle { background_argb: 0xff00_0000, text_argb: u32::MAX, font: TextFont::Calistoga };
    let body = "see https://a.example".to_owned();
    let text = Text { body, preview: LinkPreview::Given(card), style: Some(style) };
    let long =
        built(&message(Content::Text(text))).extended_text_message.into_option().expect("the longer form");
    assert_eq!((long.matched_text.as_deref(), long.title.as_deref()), (Some("https://a.example"), Some("A")));
    assert_eq!((long.background_argb, long.font), (Some(0xff00_0000), Some(FontType::CALISTOGA_REGULAR)));
}

#[test]
fn messages_about_messages_name_their_target() {
    let target =
        |from_me| MessageRef { wa_id: "T".into(), from_me, participant: Some(Address::Lid("99".into())) };
    let in_group = |content| SendMessage { to: Address::Group("12036".into()), ..message(content) };
    let key_of = |message: &SendMessage| {
        let built = built(message);
        let reaction =
            built.reaction_message.as_option().and_then(|reaction| reaction.key.as_option().cloned());
        reaction.expect("a key")
    };
    let react = |from_me| Content::Reaction(Reaction { target: target(from_me), emoji: "x".into() });
    let theirs = key_of(&in_group(react(false)));
    assert_eq!((theirs.from_me, theirs.participant.as_deref()), (Some(false), Some("99@lid")));
    assert_eq!(theirs.remote_jid.as_deref(), Some("12036@g.us"));
    assert_eq!(key_of(&in_group(react(true))).participant, None);
    assert_eq!(key_of(&message(react(false))).participant, None, "a chat of two has no participants");

    let edit = |caption_of| Content::Edit(Edit { wa_id: "T".into(), body: "new".into(), caption_of });
    for caption_of in [None, Some(MediaKind::Image), Some(MediaKind::Video), Some(MediaKind::Document)] {
        let built = built(&message(edit(caption_of)));
        let protocol = built.protocol_message.as_option().expect("a protocol message");
        assert_eq!(protocol.r#type, Some(ProtocolType::MESSAGE_EDIT));
        let edited = protocol.edited_message.as_option().expect("an edited message");
        assert_eq!(edited.conversation.is_some(), caption_of.is_none(), "{caption_of:?}");
    }
}
