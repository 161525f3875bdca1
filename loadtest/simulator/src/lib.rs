//! A simulated WhatsApp service: real clients pair, log in, and exchange end-to-end encrypted messages
//! through it, on one machine, without the internet.
//!
//! It holds accounts, each with a *virtual phone* (device 0, a full Signal device that signs companions
//! in, decrypts, answers and sends), companions, the two names of every account (phone number and LID),
//! pre-keys, offline queues, app state, groups and encrypted files. It routes between whatever clients
//! connect, misbehaves on demand, and judges: no Signal message key may encrypt twice.
//!
//! What it never does: speak to anything but who connects to it; decrypt what is not addressed to one of
//! its phones; prove anything about the real service. It follows a written specification and is held
//! to it by independent clients.
//!
//! # Invariants
//! - [`world::World`] is pure: stanzas and the time go in, stanzas come out. Sockets, locks, clocks and
//!   tasks are in `net`, and the lock is never held across an await.
//! - One task per connection, none per account. An idle account costs less than
//!   [`limits::IDLE_ACCOUNT_BYTES_MAX`] bytes; its phone is made when first needed, from a seed.
//! - A stanza that must arrive stays in its device's queue until the device confirms it.
//! - Every IQ is answered, unknown ones with 501 and a counter. Every queue and store has a bound in
//!   [`limits`].
//! - The Noise responder, pairing, app state and media cryptography share no code with the clients.
//!
//! # Running it
//! In process: [`Simulator::start`]; as a process: `trunkline-simulator`, which prints its endpoints as
//! one JSON line. Clients are pointed at `ws_url` (or `wss_url`), told to trust `root_public_key` as the
//! root of the Noise certificate chain, and `ca_pem` for TLS and media.
//!
//! # Control interface
//! HTTP and JSON on `control_url`. An account is named by phone number or LID; unknown fields are refused.
//! Errors are `{"error": "…"}` with a 4xx status.
//!
//! | request | body | answer |
//! |---|---|---|
//! | `POST /accounts` | `pn?`, `push_name?`, `auto_read?`, `auto_deliver?`, `history?`, `share_keys?` | the account |
//! | `POST /accounts/batch` | `count`, `first_pn?`, `auto_read?`, `auto_deliver?`, `history?` | list of accounts |
//! | `GET /accounts/{pn}` | | `pn`, `lid`, `push_name`, `devices`, `last_pairing` (`linked` or `refused: …`) |
//! | `POST /accounts/{pn}/scan` | `qr` | 202 once pair-success is sent |
//! | `POST /accounts/{pn}/pairing-code` | `code` | 202 once the code is typed |
//! | `POST /accounts/{pn}/unlink` | `device` | 202; the device is sent 401 `device_removed` |
//! | `POST /accounts/{pn}/send` | `to` and one of `text`, `media` {`kind`, `base64`, `mimetype`, `caption?`, `file_name?`}, `reaction` {`id`, `emoji`}, `edit` {`id`, `text`}, `revoke` {`id`}, `thing` {`kind`, …}, `vote` {`id`, `options`}, `rsvp` {`id`, `going`}, `pin` {`id`, `pinned`} | `id` |
//! | `POST /accounts/{pn}/read` | `chat`, `ids` | 202 |
//! | `GET /accounts/{pn}/inbox?received=N&wait_ms=M` | | `messages`, `received`, `duplicates`; waits until N were received, at most M ms |
//! | `POST /accounts/{pn}/app-state` | `push_name?`, `locale?`, `archive?` {`chat`, `on`}, `pin?` {`chat`, `on`}, `contacts?` (names by number), `compact?` (patches become snapshots) | 202 |
//! | `GET /accounts/{pn}/app-state` | | `changes`: indexes of what companions changed, the newest last |
//! | `POST /accounts/{pn}/profile` | `about?`, `picture_base64?`, `business?` | 202 |
//! | `POST /accounts/{pn}/behaviour` | `auto_read?`, `auto_deliver?`, `history?`, `share_keys?` | 202 |
//! | `POST /accounts/{pn}/limits` | `reachout?` {`kind`, `until_s`}, `new_chats?` {`status`, `total`, `used`, `from_s`, `until_s`} | 202; companions are told |
//! | `POST /accounts/{pn}/status-audience` | `list` (`contacts`, `blacklist`, `whitelist`), `people` | 202 |
//! | `POST /groups` | `creator`, `subject`, `participants`, `addressing_mode?` (`lid` or `pn`) | `gid` |
//! | `GET /groups/{gid}` | | `gid`, `subject`, `participants`, `invite` |
//! | `POST /groups/{gid}/participants` | `action` (`add`, `remove`, `promote`, `demote`), `participants`, `by?` | `changed` |
//! | `GET /connections?device=JID&online=BOOL&wait_ms=M` | | `connections`; waits until the device is there or gone |
//! | `POST /connections/{device}/drop`, `/freeze`, `/thaw` | | 202; frozen means nothing is read or written |
//! | `POST /connections/{device}/end` | `error`: a stream error code, `replaced` or `device_removed` | 202; sent, then closed |
//! | `GET /faults`, `POST /faults`, `DELETE /faults` | a [`faults::Fault`] | `faults`, or 202 |
//! | `GET /stats` | | [`world::StatsReport`] |
//! | `POST /media/forget` | | `files`: the media host has none of them any more |
//! | `GET /judge` | | [`judge::Verdict`] |

pub mod codec;
mod control;
pub mod counters;
pub mod crypto;
pub mod faults;
mod iq;
pub mod judge;
pub mod limits;
mod media;
mod message;
mod net;
pub mod noise;
pub mod phone;
mod simulator;
mod spawn;
mod stanza;
pub mod world;

pub use self::iq::{GroupChange, NewGroup, Start};
pub use self::simulator::{Endpoints, Simulator, SimulatorConfig, SimulatorError};
pub use self::world::OfflineMode;
