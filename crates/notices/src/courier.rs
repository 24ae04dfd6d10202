//! How what is due is sent.

mod guard;
mod mail;
mod secret;
mod webhook;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;
use std::time::Duration;

use futures_util::future::join_all;
use jiff::Timestamp;
use thiserror::Error;

use crate::{Outbox, Outgoing, Settings, StorageError, Way, schedule};
use mail::MailServer;
pub use secret::SecretError;
use webhook::Endpoint;

/// How many attempts are made at once, each at another address.
const AT_ONCE: usize = 4;

/// How long to wait before looking again whether anything is due.
const PAUSE: Duration = Duration::from_secs(1);

/// An answer's words are shown up to this many characters.
const REASON_MAX: usize = 300;

/// Sends what is due, by mail and by webhook. Holds the secrets, and shows none.
pub struct Courier {
    server: Option<MailServer>,
    /// By party and URL.
    endpoints: BTreeMap<(String, String), Endpoint>,
    /// Parties and their e-mail addresses.
    mailboxes: BTreeSet<(String, String)>,
}

/// Why nothing can be sent with these settings.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CourierError {
    /// Some secrets are missing or malformed: all of them are listed.
    #[error("{}", lines(.0))]
    Secrets(Vec<SecretError>),
    /// The means of encryption could not be set up.
    #[error("cannot set up TLS")]
    Tls(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// An attempt that was made and recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    /// What was sent, as it was before the attempt except that it is counted in `attempts`.
    pub outgoing: Outgoing,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The receiver's server has it.
    Sent,
    /// It failed and will be made again.
    Later {
        /// Why it failed.
        reason: String,
        /// When the next one may be made.
        due: Timestamp,
    },
    /// It failed, and there will be no other.
    Dead {
        /// Why it failed.
        reason: String,
    },
}

/// What a receiver's server made of an attempt.
enum Answer {
    Received,
    /// Another attempt may do better, but not before `asked`.
    Failed {
        reason: String,
        asked: Option<Timestamp>,
    },
    /// The same would be answered to any other attempt.
    Refused {
        reason: String,
    },
}

impl Courier {
    /// A courier for the addresses in `settings`, with the secrets they name.
    ///
    /// `folder` is where paths of secret files begin; `environment` gives the value of an environment
    /// variable. Secrets are read here and nowhere else, so new ones need a new courier.
    ///
    /// # Errors
    /// [`CourierError::Secrets`] lists every secret that is missing, and says where it belongs.
    pub fn new(
        settings: &Settings,
        folder: &Path,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Courier, CourierError> {
        let secrets = secret::Secrets { folder, environment };
        let mut wrong = Vec::new();
        let mut endpoints = BTreeMap::new();
        let mut mailboxes = BTreeSet::new();
        let clients = webhook::Clients::new().map_err(CourierError::Tls)?;
        for (party, recipient) in &settings.parties {
            let at = |address: &str| (party.clone(), address.to_owned());
            mailboxes.extend(recipient.email.iter().map(|address| at(address.as_str())));
            for hook in &recipient.webhooks {
                match secrets.signers(hook) {
                    Ok(signers) => {
                        let client = clients.of(hook);
                        endpoints.insert(at(&hook.url), Endpoint { client, signers });
                    }
                    Err(error) => wrong.push(error),
                }
            }
        }
        let credentials = settings.smtp.as_ref().map(|smtp| secrets.credentials(smtp));
        let credentials = credentials.transpose().map_err(|error| wrong.push(error)).ok().flatten();
        if !wrong.is_empty() {
            return Err(CourierError::Secrets(wrong));
        }
        let server = settings
            .smtp
            .as_ref()
            .map(|smtp| MailServer::new(smtp, credentials.flatten()))
            .transpose()
            .map_err(CourierError::Tls)?;
        Ok(Courier { server, endpoints, mailboxes })
    }

    /// Sends all that is due, and returns once nothing is; some may be due again soon.
    ///
    /// `clock` gives the present time, asked before and after each attempt. Dropping the future is
    /// safe: attempts under way are made again once their lease is over, two minutes after they began.
    ///
    /// # Errors
    /// [`StorageError`] if an attempt could not be recorded. Before it is recorded, none is made.
    pub async fn deliver(
        &self,
        outbox: &Outbox,
        clock: impl Fn() -> Timestamp,
    ) -> Result<Vec<Attempt>, StorageError> {
        let work = async || {
            let mut made = Vec::new();
            while let Some(attempt) = self.step(outbox, &clock).await? {
                made.push(attempt);
            }
            Ok(made)
        };
        let made: Result<Vec<_>, _> =
            join_all((0..AT_ONCE).map(|_| work())).await.into_iter().collect();
        made.map(|made| made.into_iter().flatten().collect())
    }

    /// Sends whatever comes due, for ever, and tells `observe` of each attempt and each failure to
    /// record one. Whoever calls this ends it by dropping it, which is safe as for
    /// [`Courier::deliver`].
    pub async fn run(
        &self,
        outbox: &Outbox,
        clock: impl Fn() -> Timestamp,
        observe: impl Fn(Result<Attempt, StorageError>),
    ) {
        let work = async || {
            loop {
                match self.step(outbox, &clock).await {
                    Ok(Some(attempt)) => observe(Ok(attempt)),
                    Ok(None) => tokio::time::sleep(PAUSE).await,
                    Err(error) => {
                        observe(Err(error));
                        tokio::time::sleep(PAUSE).await;
                    }
                }
            }
        };
        join_all((0..AT_ONCE).map(|_| work())).await;
    }

    /// Makes the attempt that has been due longest, if any is due.
    async fn step(
        &self,
        outbox: &Outbox,
        clock: &impl Fn() -> Timestamp,
    ) -> Result<Option<Attempt>, StorageError> {
        let now = clock();
        let Some(outgoing) = outbox.claim(now).await? else {
            return Ok(None);
        };
        let outcome = match self.send(&outgoing, now).await {
            Answer::Received => {
                outbox.sent(&outgoing).await?;
                Outcome::Sent
            }
            Answer::Failed { reason, asked } => {
                let failures = outgoing.failures.saturating_add(1);
                let due = schedule::next(&outgoing.key, failures, clock(), asked);
                outbox.failed(&outgoing, &reason, due).await?;
                match due {
                    Some(due) => Outcome::Later { reason, due },
                    None => Outcome::Dead { reason },
                }
            }
            Answer::Refused { reason } => {
                outbox.failed(&outgoing, &reason, None).await?;
                Outcome::Dead { reason }
            }
        };
        Ok(Some(Attempt { outgoing, outcome }))
    }

    async fn send(&self, outgoing: &Outgoing, now: Timestamp) -> Answer {
        let at = (outgoing.notice.to.clone(), outgoing.address.clone());
        match (outgoing.way, &self.server, self.endpoints.get(&at)) {
            (Way::Webhook, _, Some(endpoint)) => endpoint.send(outgoing, now).await,
            (Way::Email, Some(server), _) if self.mailboxes.contains(&at) => {
                server.send(outgoing).await
            }
            // The secret went with the settings, or somebody left the party.
            _ => Answer::Refused {
                reason: format!("the settings give `{}` no such address any more", at.0),
            },
        }
    }
}

/// Shows neither secrets nor what they belong to.
impl fmt::Debug for Courier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Courier").finish_non_exhaustive()
    }
}

fn lines(errors: &[SecretError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// An error with its causes, as one line that is no longer than people read.
fn reason(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let mut words: Vec<String> = Vec::new();
    for cause in causes.map(ToString::to_string) {
        // Some errors repeat what caused them.
        if !words.iter().any(|word| word.contains(&cause)) {
            words.push(cause);
        }
    }
    let line = words.join(": ");
    line.chars().map(|c| if c.is_control() { ' ' } else { c }).take(REASON_MAX).collect()
}
