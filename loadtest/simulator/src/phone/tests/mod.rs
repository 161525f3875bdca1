//! Phones talking to each other through a directory of a few maps.

mod apps;
mod chats;
mod companions;
mod groups;
mod town;
