//! What all workers share.

use std::time::Duration;

use crate::books::Books;
use crate::fault::Faults;
use crate::requests::Requests;
use crate::shelf::Shelf;

/// How an upstream is set up.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The port of the loopback to listen on; 0 for a free one.
    pub port: u16,
    /// How many threads serve, each with a listener of its own.
    pub workers: usize,
    /// The key that `Authorization: Bearer` must carry.
    pub openai_key: String,
    /// The key that `api-key` must carry on Azure's paths.
    pub azure_key: String,
    /// How many of the latest requests are kept for comparison; 0 under load.
    pub requests_kept: usize,
    /// Whether the books keep each attempt; under load, their sums may do.
    pub itemized: bool,
    /// How long a batch, a response in the background or a fine-tuning job takes.
    pub job: Duration,
    /// What sets the ids of this upstream apart from those of others; drawn if absent.
    pub instance: Option<u32>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            port: 0,
            workers: 1,
            openai_key: "upstream-openai-key".into(),
            azure_key: "upstream-azure-key".into(),
            requests_kept: 10_000,
            itemized: true,
            job: Duration::from_secs(1),
            instance: None,
        }
    }
}

/// What all workers of an upstream share.
#[derive(Debug)]
pub struct World {
    /// How it was set up.
    pub settings: Settings,
    /// What sets its ids apart.
    pub instance: u32,
    /// What it would bill.
    pub books: Books,
    /// What arrived.
    pub requests: Requests,
    /// What is to go wrong.
    pub faults: Faults,
    /// What clients left here.
    pub shelf: Shelf,
}

impl World {
    pub(crate) fn new(settings: Settings) -> World {
        let instance =
            settings.instance.unwrap_or_else(|| getrandom::u32().expect("the system gives chance"));
        World {
            instance,
            books: Books::new(settings.itemized),
            requests: Requests::new(settings.requests_kept),
            faults: Faults::default(),
            shelf: Shelf::default(),
            settings,
        }
    }
}
