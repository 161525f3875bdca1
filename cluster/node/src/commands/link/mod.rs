//! `trunkline link`: links a number through a running server, from a terminal.

mod qr;
mod step;

use tokio::time::{Instant, interval};

use self::step::{Shown, Step, grouped, step};
use super::server;
use crate::client::{Api, ApiError, Instance};
use crate::console::{draw, is_terminal, remark, say};
use crate::exit::Exit;
use crate::limits::{LINK_POLL_EVERY, LINK_TIMEOUT};

/// Arguments of `trunkline link`.
#[derive(Debug, clap::Args)]
pub struct LinkArgs {
    /// Show the QR code in this terminal; this is what happens without --code as well
    #[arg(long, conflicts_with = "code")]
    terminal: bool,
    /// Show an 8-character code, to be typed on the phone with this number, instead of a QR code
    #[arg(long, value_name = "PHONE")]
    code: Option<String>,
    /// Name of the instance to link; it is made when it does not exist
    #[arg(long, value_name = "NAME", default_value = "default")]
    instance: String,
    /// Address of the server
    #[arg(long, env = "TRUNKLINE_URL", default_value = "http://127.0.0.1:8080")]
    url: String,
    /// API key with the scopes `instances:read` and `instances:write`
    #[arg(long, env = "TRUNKLINE_KEY", hide_env_values = true)]
    key: String,
}

/// Runs the command.
pub fn run(args: &LinkArgs) -> Exit {
    server::call(link(args))
}

async fn link(args: &LinkArgs) -> Result<Exit, ApiError> {
    let api = Api::new(&args.url, args.key.clone())?;
    let instance = api.obtain_instance(&args.instance).await?;
    if instance.state == "open" {
        say(format_args!(
            "{} is linked already{}. Give another --instance.",
            args.instance,
            number(&instance)
        ));
        return Ok(Exit::Success);
    }
    let instance = instance.id;
    let connected = api.connect(&instance).await?;
    if connected.linked.is_some() {
        say(format_args!("{} is linked already{}; connecting it.", args.instance, number(&connected)));
    }
    let mut screen = Screen { redraws: is_terminal(), lines: 0 };
    let mut shown = Shown { code_wanted: args.code.is_some(), ..Shown::default() };
    let mut look = interval(LINK_POLL_EVERY);
    let deadline = Instant::now() + LINK_TIMEOUT;
    while Instant::now() < deadline {
        look.tick().await;
        let pairing = api.pairing(&instance).await?;
        match step(&pairing, &mut shown) {
            Step::Wait => {}
            Step::AskForCode => {
                let phone = args.code.as_deref().unwrap_or_default();
                api.request_pairing_code(&instance, phone).await?;
            }
            Step::ShowQr(_) if args.code.is_some() => {}
            Step::ShowQr(text) => screen.show_qr(&text),
            Step::ShowCode(code) => {
                say(
                    "On the phone: WhatsApp › Linked devices › Link a device › Link with phone number instead",
                );
                say(format_args!("  {}", grouped(&code)));
            }
            Step::Tell(progress) => say(progress),
            Step::GiveUp(why) => {
                remark(format_args!("{} is not linked: {why}", args.instance));
                return Ok(Exit::Failed);
            }
            Step::Linked => {
                let linked = api.instance(&instance).await?;
                say(format_args!("{} is linked{} and online.", args.instance, number(&linked)));
                return Ok(Exit::Success);
            }
        }
    }
    remark(format_args!(
        "{} was not linked within {} s; run the command again",
        args.instance,
        LINK_TIMEOUT.as_secs()
    ));
    Ok(Exit::Failed)
}

fn number(instance: &Instance) -> String {
    let linked = instance.linked.as_ref().map(|person| person.phone.as_deref().unwrap_or(&person.id));
    linked.map(|number| format!(" to {number}")).unwrap_or_default()
}

/// What of the terminal belongs to the code on show.
struct Screen {
    redraws: bool,
    lines: usize,
}

impl Screen {
    fn show_qr(&mut self, text: &str) {
        let Ok(drawn) = qr::draw(text, self.redraws) else {
            remark("the code does not fit a QR code; use --code instead");
            return;
        };
        let text = format!("{drawn}On the phone: WhatsApp › Linked devices › Link a device, then scan.\n");
        if self.redraws && self.lines > 0 {
            draw(&qr::erase(self.lines));
        }
        self.lines = text.lines().count();
        draw(&text);
    }
}
