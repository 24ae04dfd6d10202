//! The mock from outside: what it answers, how it breaks off, and what its books say of it.

#![allow(clippy::unwrap_used)] // A test that cannot go on should stop where it is.

mod batches;
mod books;
mod client;
mod dialects;
mod faults;
mod load;
mod realtime;
mod requests;
mod sdk;
