//! What accounts plan: templates, address book, suppression list, one-time passwords, campaigns, schedules.

mod book;
mod campaigns;
mod otps;
mod schedules;
mod suppressions;
mod templates;
