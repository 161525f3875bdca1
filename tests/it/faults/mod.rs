//! What goes wrong, and what the gateway makes of it: the table "What happens when …" of ARCHITECTURE.md, row by row.

mod codes;
mod connection;
mod credits;
mod deletion;
mod half_linked;
mod kills;
mod locked;
mod login;
mod pairing;
mod restart;
mod silence;
