//! The card of a link: what its page says of itself.

use html5gum::{Token, Tokenizer};
use trunkline_model::limits::{CAPTION_BYTES_MAX, THUMBNAIL_BYTES_MAX};
use trunkline_model::message::{Content, LinkCard, LinkPreview, SendMessage, Text};

use crate::limits::{PREVIEW_PAGE_BYTES_MAX, PREVIEW_PICTURE_BYTES_MAX};
use crate::media::MediaFetcher;

/// The message as it goes: with the card of its first link, or without one when the page has nothing to show. A page is no
/// reason to hold the message up, or to fail it.
pub(super) async fn shown(fetcher: &MediaFetcher, message: &SendMessage, text: &Text) -> SendMessage {
    let card = match first_link(&text.body) {
        Some(link) => card(fetcher, link).await,
        None => None,
    };
    let preview = card.map_or(LinkPreview::None, LinkPreview::Given);
    let content = Content::Text(Text { preview, ..text.clone() });
    SendMessage { content, ..message.clone() }
}

/// The first address in a text that a person could open.
fn first_link(text: &str) -> Option<&str> {
    text.split_whitespace().find(|word| word.starts_with("https://") || word.starts_with("http://"))
}

async fn card(fetcher: &MediaFetcher, link: &str) -> Option<LinkCard> {
    let page = fetcher.fetch_beginning(link, PREVIEW_PAGE_BYTES_MAX).await.ok()?;
    if !page.mime_type.as_deref().is_some_and(|kind| kind.starts_with("text/html")) {
        return None;
    }
    let about = read(&String::from_utf8_lossy(&page.bytes));
    let picture =
        match about.picture.as_deref().and_then(|picture| url::Url::parse(link).ok()?.join(picture).ok()) {
            Some(picture) => fetcher.fetch_beginning(picture.as_str(), PREVIEW_PICTURE_BYTES_MAX).await.ok(),
            None => None,
        };
    let small = match picture {
        // Decoding takes longer than a shard's thread has.
        Some(picture) => {
            tokio::task::spawn_blocking(move || trunkline_whatsapp::thumbnail(&picture.bytes)).await.ok()?
        }
        None => None,
    };
    Some(LinkCard {
        url: link.to_owned(),
        title: about.title?,
        description: about.description,
        thumbnail_jpeg: small.filter(|jpeg| jpeg.len() <= THUMBNAIL_BYTES_MAX),
    })
}

/// What a page says of itself.
#[derive(Debug, Default, PartialEq, Eq)]
struct About {
    title: Option<String>,
    description: Option<String>,
    picture: Option<String>,
}

/// Reads the Open Graph properties of a page; its plain title and description where it has none.
fn read(html: &str) -> About {
    let (mut open_graph, mut plain) = (About::default(), About::default());
    let mut in_title = false;
    for token in Tokenizer::new(html).flatten() {
        match token {
            Token::StartTag(tag) if tag.name.as_slice() == b"title" => in_title = true,
            Token::StartTag(tag) if tag.name.as_slice() == b"body" => break,
            Token::EndTag(_) => in_title = false,
            Token::String(text) if in_title => {
                plain.title.get_or_insert_default().push_str(&String::from_utf8_lossy(&text));
            }
            Token::StartTag(tag) if tag.name.as_slice() == b"meta" => {
                let attribute = |name: &[u8]| {
                    let found = tag.attributes.iter().find(|(key, _)| key.as_slice() == name);
                    found.map(|(_, value)| String::from_utf8_lossy(value).trim().to_owned())
                };
                let Some(content) = attribute(b"content").filter(|content| !content.is_empty()) else {
                    continue;
                };
                match attribute(b"property").or_else(|| attribute(b"name")).as_deref() {
                    Some("og:title") => open_graph.title = Some(content),
                    Some("og:description") => open_graph.description = Some(content),
                    Some("og:image") => open_graph.picture = Some(content),
                    Some("description") => plain.description = Some(content),
                    _ => {}
                }
            }
            _ => {}
        }
    }
    let title = open_graph.title.or(plain.title).map(|title| cut(title.trim()));
    About {
        title: title.filter(|title| !title.is_empty()),
        description: open_graph.description.or(plain.description).map(|text| cut(&text)),
        picture: open_graph.picture,
    }
}

/// As much of a text as a card may have.
fn cut(text: &str) -> String {
    let mut end = text.len().min(CAPTION_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_says_what_it_is_in_one_of_two_ways() {
        let check = |html: &str, title: Option<&str>, description: Option<&str>, picture: Option<&str>| {
            let about = read(html);
            let read = (about.title.as_deref(), about.description.as_deref(), about.picture.as_deref());
            assert_eq!(read, (title, description, picture), "{html}");
        };
        let open_graph = r#"<html><head><title>Plain</title><meta property="og:title" content="Fish &amp; chips">
            <meta property='og:image' content='/a.png'/><meta name="description" content="plain"></head>"#;
        check(open_graph, Some("Fish & chips"), Some("plain"), Some("/a.png"));
        check("<title> Only a title </title>", Some("Only a title"), None, None);
        check("<body><meta property='og:title' content='too late'>", None, None, None);
        check("<title></title><meta property='og:title'>", None, None, None);
        check("", None, None, None);
    }

    #[test]
    fn the_first_link_is_the_one_that_is_shown() {
        assert_eq!(first_link("see https://a.example/x?y and http://b"), Some("https://a.example/x?y"));
        assert_eq!(first_link("no link in here, not even a.example"), None);
    }
}
