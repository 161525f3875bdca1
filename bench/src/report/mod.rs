//! What a case found, as JSON, as tables, as plots.

mod machine;
mod outcome;
mod page;
mod plot;

pub use machine::Machine;
pub use outcome::{Figure, Outcome};
pub use page::{keep, write_page};
