//! Notices as parties get them: through real servers for mails and webhooks, and past crashes.

#![allow(clippy::unwrap_used)]

mod common;
mod webhook;
mod webhook_server;
