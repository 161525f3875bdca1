//! `trunkline account create|list|suspend|activate|delete`: the accounts of a node, for its operator.

use comfy_table::Table;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use trunkline_model::AccountId;
use trunkline_model::account::AccountState;
use trunkline_model::limits::ACCOUNT_NAME_BYTES_MAX;

use super::door::DoorFlags;
use crate::console::{remark, say};
use crate::exit::Exit;

/// Arguments of `trunkline account`.
#[derive(Debug, clap::Args)]
pub struct AccountArgs {
    #[command(subcommand)]
    command: AccountCommand,
}

#[derive(Debug, clap::Subcommand)]
enum AccountCommand {
    /// Make an account and print its id; `trunkline key create --account` then makes its first key
    Create(CreateArgs),
    /// List the accounts
    List(ListArgs),
    /// Let the keys of an account open nothing; its numbers stay online
    Suspend(OneArgs),
    /// Let the keys of a suspended account in again
    Activate(OneArgs),
    /// Delete an account that has neither instances nor webhooks
    Delete(OneArgs),
}

#[derive(Debug, clap::Args)]
struct CreateArgs {
    /// What people call it
    #[arg(value_parser = name)]
    name: String,
    #[command(flatten)]
    door: DoorFlags,
}

#[derive(Debug, clap::Args)]
struct ListArgs {
    #[command(flatten)]
    door: DoorFlags,
}

#[derive(Debug, clap::Args)]
struct OneArgs {
    /// Id of the account
    id: AccountId,
    #[command(flatten)]
    door: DoorFlags,
}

fn name(text: &str) -> Result<String, String> {
    let is_fine = !text.trim().is_empty()
        && text.len() <= ACCOUNT_NAME_BYTES_MAX
        && !text.chars().any(char::is_control);
    let wanted = || format!("a name has 1 to {ACCOUNT_NAME_BYTES_MAX} bytes on one line");
    is_fine.then(|| text.to_owned()).ok_or_else(wanted)
}

/// Runs the command.
pub fn run(args: &AccountArgs) -> Exit {
    match &args.command {
        AccountCommand::Create(args) => args.door.through(async |door| {
            say(door.create_account(&args.name).await?);
            Ok(Exit::Success)
        }),
        AccountCommand::List(args) => args.door.through(async |door| {
            let mut table = Table::new();
            table.load_style(UTF8_FULL_CONDENSED).set_header(["id", "name", "state"]);
            for account in door.accounts().await? {
                table.add_row([account.id, account.name, account.state]);
            }
            say(table);
            Ok(Exit::Success)
        }),
        AccountCommand::Suspend(args) => set_state(args, AccountState::Suspended),
        AccountCommand::Activate(args) => set_state(args, AccountState::Active),
        AccountCommand::Delete(args) => args.door.through(async |door| {
            door.delete_account(args.id).await?;
            remark(format_args!("Deleted {}.", args.id));
            Ok(Exit::Success)
        }),
    }
}

fn set_state(args: &OneArgs, state: AccountState) -> Exit {
    args.door.through(async |door| {
        door.set_state(args.id, state).await?;
        remark(format_args!("{} is {}.", args.id, state.as_str()));
        Ok(Exit::Success)
    })
}
