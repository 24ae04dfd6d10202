//! Notices as parties get them: through real servers for mails and webhooks, and past crashes.

#![allow(clippy::unwrap_used)]

mod calendar;
mod common;
mod crash;
#[cfg(target_os = "linux")]
mod full_disk;
mod mail;
mod mail_server;
mod outbox;
mod secrets;
mod settings;
mod tls;
mod webhook;
mod webhook_server;
