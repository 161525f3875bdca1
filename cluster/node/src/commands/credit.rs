//! `trunkline credit show|add`: credits of accounts, through a running server or in a data directory that no server uses.

use comfy_table::Table;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use trunkline_model::AccountId;
use trunkline_model::command::AddCredits;
use trunkline_model::credit::PocketKind;
use trunkline_model::id::ROOT_ACCOUNT;
use trunkline_model::limits::CREDITS_PER_ORDER_MAX;

use super::door::{DoorFlags, PocketLine};
use crate::console::say;
use crate::exit::Exit;

/// Arguments of `trunkline credit`.
#[derive(Debug, clap::Args)]
pub struct CreditArgs {
    #[command(subcommand)]
    command: CreditCommand,
}

#[derive(Debug, clap::Subcommand)]
enum CreditCommand {
    /// Show what is in the pockets of an account
    Show(ShowArgs),
    /// Give an account credits, or take some back
    Add(AddArgs),
}

#[derive(Debug, clap::Args)]
struct ShowArgs {
    #[command(flatten)]
    whose: Whose,
}

#[derive(Debug, clap::Args)]
struct AddArgs {
    /// How many; below 0 to take them back
    #[arg(allow_negative_numbers = true, value_parser = amount)]
    amount: i64,
    /// Which pocket: whatsapp or sms
    #[arg(long, default_value = "whatsapp", value_parser = pocket)]
    pocket: PocketKind,
    /// An order under the same key is carried out once, however often it is given
    #[arg(long)]
    once: Option<String>,
    #[command(flatten)]
    whose: Whose,
}

#[derive(Debug, clap::Args)]
struct Whose {
    /// Whose credits
    #[arg(long, default_value_t = ROOT_ACCOUNT)]
    account: AccountId,
    #[command(flatten)]
    door: DoorFlags,
}

fn amount(text: &str) -> Result<i64, String> {
    let is_fine = |amount: &i64| *amount != 0 && amount.abs() <= CREDITS_PER_ORDER_MAX;
    let wanted = || format!("not a whole number from 1 to {CREDITS_PER_ORDER_MAX}, or as many below 0");
    text.parse().ok().filter(is_fine).ok_or_else(wanted)
}

fn pocket(word: &str) -> Result<PocketKind, String> {
    PocketKind::parse(word).ok_or_else(|| "neither whatsapp nor sms".to_owned())
}

/// Runs the command.
pub fn run(args: &CreditArgs) -> Exit {
    match &args.command {
        CreditCommand::Show(args) => args.whose.door.through(async |door| {
            show(door.credits(args.whose.account).await?);
            Ok(Exit::Success)
        }),
        CreditCommand::Add(args) => args.whose.door.through(async |door| {
            let order =
                AddCredits { pocket: args.pocket, amount: args.amount, idempotency_key: args.once.clone() };
            show(door.add_credits(args.whose.account, order).await?);
            Ok(Exit::Success)
        }),
    }
}

fn show(pockets: Vec<PocketLine>) {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_header(["pocket", "credits", "on their way"]);
    for pocket in pockets {
        table.add_row([pocket.pocket, pocket.balance.to_string(), pocket.held.to_string()]);
    }
    say(table);
}
