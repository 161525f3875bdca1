//! `trunkline key create|list|rotate|revoke`: API keys, through a running server or in a data directory that no server uses.

use comfy_table::Table;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use trunkline_model::account::KeyKind;
use trunkline_model::command::NewKey;
use trunkline_model::id::ROOT_ACCOUNT;
use trunkline_model::limits::{KEY_OVERLAP_MS_DEFAULT, KEY_OVERLAP_MS_MAX};
use trunkline_model::{AccountId, Dialect, KeyId, Scope};

use super::door::{DoorFlags, Issued};
use crate::console::{remark, say};
use crate::exit::Exit;

/// Arguments of `trunkline key`.
#[derive(Debug, clap::Args)]
pub struct KeyArgs {
    #[command(subcommand)]
    command: KeyCommand,
}

#[derive(Debug, clap::Subcommand)]
enum KeyCommand {
    /// Make an API key and print it, once; only its hash is kept
    Create(CreateArgs),
    /// List the API keys; never the keys themselves
    List(ListArgs),
    /// Replace an API key and print the new one, once; the old one serves for a while
    Rotate(RotateArgs),
    /// Take an API key back
    Revoke(RevokeArgs),
}

#[derive(Debug, clap::Args)]
struct CreateArgs {
    /// What the key is for, to tell keys apart later
    #[arg(long, default_value = "made on the command line")]
    label: String,
    /// Which form of the API it speaks: native, wastack, wasaas, wsapi, aduta, wessaal
    #[arg(long, value_parser = dialect, default_value = "native")]
    dialect: Dialect,
    #[arg(long = "scope", value_name = "SCOPE", value_parser = scope, help = scope_help())]
    scopes: Vec<String>,
    /// The account that it opens; the operator's own when left out
    #[arg(long)]
    account: Option<AccountId>,
    #[command(flatten)]
    door: DoorFlags,
}

#[derive(Debug, clap::Args)]
struct ListArgs {
    #[command(flatten)]
    whose: Whose,
}

#[derive(Debug, clap::Args)]
struct RotateArgs {
    /// Id of the key
    id: KeyId,
    /// How long the old key serves beside the new one, in seconds
    #[arg(long, default_value_t = KEY_OVERLAP_MS_DEFAULT / 1_000, value_parser = clap::value_parser!(u64).range(..=KEY_OVERLAP_MS_MAX / 1_000))]
    overlap_seconds: u64,
    #[command(flatten)]
    whose: Whose,
}

#[derive(Debug, clap::Args)]
struct RevokeArgs {
    /// Id of the key
    id: KeyId,
    #[command(flatten)]
    whose: Whose,
}

#[derive(Debug, clap::Args)]
struct Whose {
    /// Whose keys, in a data directory; a server shows those of the account that its key belongs to
    #[arg(long, conflicts_with = "url", default_value_t = ROOT_ACCOUNT)]
    account: AccountId,
    #[command(flatten)]
    door: DoorFlags,
}

fn dialect(word: &str) -> Result<Dialect, String> {
    let known = Dialect::ALL.map(Dialect::as_str).join(", ");
    Dialect::parse(word).ok_or_else(|| format!("no such dialect; there are {known}"))
}

/// A word that is a scope, or that any dialect has.
fn scope(word: &str) -> Result<String, String> {
    let is_known = Scope::parse(word).is_some()
        || Dialect::ALL.iter().any(|dialect| KeyKind::parse(*dialect, word).is_some());
    let known = || format!("no such scope; there are {}", Scope::ALL.map(Scope::as_str).join(", "));
    is_known.then(|| word.to_owned()).ok_or_else(known)
}

fn scope_help() -> String {
    let words = Scope::ALL.map(Scope::as_str).join(", ");
    format!(
        "What the key may do: {words}; give it again for more. Without it everything. A key of another dialect has that dialect's words"
    )
}

/// The words as the dialect has them; all that it allows where none is given.
fn scopes(dialect: Dialect, given: &[String]) -> Result<Vec<String>, String> {
    let known: Vec<&str> = match dialect {
        Dialect::Native => Scope::ALL.map(Scope::as_str).to_vec(),
        dialect => KeyKind::of(dialect).map(|kind| kind.word).collect(),
    };
    if let Some(unknown) = given.iter().find(|word| !known.contains(&word.as_str())) {
        return Err(format!("`{unknown}` is no such scope; there are {}.", known.join(", ")));
    }
    let everything = match dialect {
        Dialect::Native => vec![Scope::All.as_str()],
        // One kind of key; the others have rights that add up.
        Dialect::Wsapi => vec!["customer"],
        Dialect::Aduta => vec!["pat"],
        _ => known,
    };
    let chosen = if given.is_empty() { everything } else { given.iter().map(String::as_str).collect() };
    Ok(chosen.into_iter().map(str::to_owned).collect())
}

/// Runs the command.
pub fn run(args: &KeyArgs) -> Exit {
    match &args.command {
        KeyCommand::Create(args) => create(args),
        KeyCommand::List(args) => args.whose.door.through(async |door| {
            let mut table = Table::new();
            table.load_style(UTF8_FULL_CONDENSED).set_header(["id", "label", "dialect", "begins", "scopes"]);
            for key in door.keys(args.whose.account).await? {
                table.add_row([key.id, key.label, key.dialect, format!("{}…", key.prefix), key.scopes]);
            }
            say(table);
            Ok(Exit::Success)
        }),
        KeyCommand::Rotate(args) => args.whose.door.through(async |door| {
            let issued = door.rotate_key(args.whose.account, args.id, args.overlap_seconds).await?;
            show(&issued, "Replaced");
            Ok(Exit::Success)
        }),
        KeyCommand::Revoke(args) => args.whose.door.through(async |door| {
            door.revoke_key(args.whose.account, args.id).await?;
            remark(format_args!("Revoked {}.", args.id));
            Ok(Exit::Success)
        }),
    }
}

fn create(args: &CreateArgs) -> Exit {
    let scopes = match scopes(args.dialect, &args.scopes) {
        Ok(scopes) => scopes,
        Err(reason) => {
            remark(reason);
            return Exit::Failed;
        }
    };
    let new = NewKey {
        label: args.label.clone(),
        dialect: args.dialect,
        scopes,
        instances: None,
        allowed_ips: Vec::new(),
        expires_at_ms: None,
        chosen: None,
    };
    args.door.through(async |door| {
        show(&door.create_key(args.account, new).await?, "Made");
        Ok(Exit::Success)
    })
}

fn show(issued: &Issued, did: &str) {
    remark(format_args!("{did} {}. The key, shown only this once:", issued.id));
    say(&issued.secret);
}
