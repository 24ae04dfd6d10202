//! The server: one place for the people of a partnership to look, decide and check.
//!
//! In come requests of people and programs who have shown who they are; out go pages and answers that hold
//! what these may see, and no more. What is decided is decided by the crates below, through `shell`: a
//! page shows what a command prints, and a form does what a command does. It keeps no state of its own but
//! what people need to come in: everything else is the workspace's.
//!
//! Read in this order: [`mod@serve`] (what is opened), [`server`] (from an address to a page), [`entrance`] (who
//! comes in), [`desk`] (the workspace, kept open), [`frame`] (what is around every page), [`api`] (every command,
//! for programs), [`pages`] (one file an area), [`chart`] (drawings), [`seen`] (what is seen of all this).

pub mod api;
pub mod assets;
pub mod chart;
pub mod desk;
pub mod entrance;
pub mod frame;
pub mod live;
pub mod operation;
pub mod pages;
pub mod seen;
pub mod serve;
pub mod server;
pub mod viewer;
pub mod words;

pub use serve::serve;
