//! The simulated service against clients that share no code with it.

mod baileys;
mod raw;
