//! Letters to members: the link by which they choose a password.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use tokio::sync::Semaphore;
use trunkline_engine::Mailer;
use trunkline_model::account::MemberRecord;
use trunkline_model::command::Shown;

use crate::config::MailSettings;
use crate::limits::{LETTER_TIMEOUT, LETTERS_AT_ONCE, SMTP_TIMEOUT};

type Transport = AsyncSmtpTransport<Tokio1Executor>;

/// Hands letters over to a mail server.
pub struct SmtpMailer {
    transport: Transport,
    from: Mailbox,
    public_url: String,
    places: Arc<Semaphore>,
}

impl SmtpMailer {
    /// A mailer with these settings. Nothing is dialled yet.
    ///
    /// # Errors
    /// A sentence, when TLS cannot be set up or the sender's address not be written.
    pub fn new(settings: &MailSettings) -> Result<SmtpMailer, String> {
        let url = &settings.server;
        let host = url.host_str().unwrap_or("localhost");
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let is_wrapped = url.scheme() == "smtps";
        let parameters = || TlsParameters::new(host.to_owned()).map_err(|error| error.to_string());
        let (tls, port) = match is_wrapped {
            true => (Tls::Wrapper(parameters()?), 465),
            // A server on this machine needs no TLS; everybody else has to have it.
            false if is_here(host) => (Tls::None, 25),
            false => (Tls::Required(parameters()?), 587),
        };
        let mut builder = Transport::builder_dangerous(host).port(url.port().unwrap_or(port)).tls(tls);
        builder = builder.timeout(Some(SMTP_TIMEOUT));
        if !url.username().is_empty() {
            let name = percent_decoded(url.username());
            builder =
                builder.credentials(Credentials::new(name, settings.password.clone().unwrap_or_default()));
        }
        let from = settings.from.parse().map_err(|_| "the sender's address cannot be written".to_owned())?;
        let places = Arc::new(Semaphore::new(LETTERS_AT_ONCE));
        Ok(SmtpMailer { transport: builder.build(), from, public_url: settings.public_url.clone(), places })
    }

    fn letter(&self, member: &MemberRecord, link: &Shown) -> Result<Message, lettre::error::Error> {
        let to = Mailbox::new(None, member.email.parse().map_err(|_| lettre::error::Error::MissingTo)?);
        let body = format!(
            "Hello {name},\r\n\r\nchoose your password for Trunkline here:\r\n\r\n{url}/password#{word}\r\n\r\n\
             The link opens once, for a day. If you expected nothing of the kind, nothing has to be done.\r\n",
            name = member.name,
            url = self.public_url,
            word = link.0,
        );
        Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject("Choose your password")
            .header(ContentType::TEXT_PLAIN)
            .body(body)
    }
}

impl Mailer for SmtpMailer {
    fn send_link(&self, member: MemberRecord, link: Shown) -> BoxFuture<'static, ()> {
        let letter = self.letter(&member, &link);
        let (transport, places) = (self.transport.clone(), Arc::clone(&self.places));
        Box::pin(async move {
            let Ok(_place) = places.try_acquire() else {
                return tracing::warn!(member = %member.id, "too many letters are under way; one was left");
            };
            let letter = match letter {
                Ok(letter) => letter,
                Err(error) => {
                    return tracing::error!(member = %member.id, %error, "a letter cannot be written");
                }
            };
            match tokio::time::timeout(LETTER_TIMEOUT, transport.send(letter)).await {
                Ok(Ok(_)) => tracing::info!(member = %member.id, "a letter was handed over"),
                // What the server says may repeat the address.
                Ok(Err(error)) => {
                    tracing::error!(member = %member.id, is_transient = error.is_transient(), "a letter was not taken");
                    tracing::debug!(%error, "the mail server's answer");
                }
                Err(_) => tracing::error!(member = %member.id, "the mail server does not answer"),
            }
        })
    }
}

fn is_here(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn percent_decoded(text: &str) -> String {
    url::form_urlencoded::parse(text.replace('+', "%2B").as_bytes())
        .next()
        .map_or_else(|| text.to_owned(), |(name, _)| name.into_owned())
}
