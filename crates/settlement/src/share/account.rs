//! What a share goes on with from month to month.

use exact::Exact;

use super::When;
use super::window::Window;
use crate::statement::{Balance, Brought};

/// The balances of a share, or of a part of it that is counted by itself, in one month.
#[derive(Debug)]
pub(crate) struct Account<'a> {
    when: &'a When<'a>,
    brought: &'a Brought,
    /// What is counted by itself, as `api`.
    part: &'a str,
    balances: Vec<Balance>,
}

/// A sum over a window, before the month and with it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct SoFar {
    /// Up to the month.
    pub before: Exact,
    /// With the month.
    pub now: Exact,
}

impl SoFar {
    /// What a rule over the whole window comes to for the month: what it comes to now, less what it
    /// came to before. So the months of a window sum to the rule on their sum, however they are split.
    pub fn increment(&self, rule: impl Fn(&Exact) -> Exact) -> Exact {
        rule(&self.now) - rule(&self.before)
    }
}

impl<'a> Account<'a> {
    pub fn new(when: &'a When<'a>, brought: &'a Brought, part: &'a str) -> Account<'a> {
        Account { when, brought, part, balances: Vec::new() }
    }

    /// Adds to a sum over a window.
    pub fn add(&mut self, what: &str, window: Window, added: &Exact) -> SoFar {
        let name = format!("{what} in {window}");
        let before = self.get(&name).unwrap_or_default();
        let now = before.clone() + added.clone();
        if !self.when.is_last(window) && (before != Exact::zero() || now != Exact::zero()) {
            self.carry(&name, &now);
        }
        SoFar { before, now }
    }

    /// What it was brought forward with, if it was.
    pub fn get(&self, name: &str) -> Option<Exact> {
        self.brought.find(&self.named(name))
    }

    /// Carries a balance forward; once carried, again with another sum.
    pub fn carry(&mut self, name: &str, carried: &Exact) {
        self.carry_whole(&self.named(name), carried);
    }

    /// What the whole share was brought forward with, whatever is counted by itself.
    pub fn get_whole(&self, name: &str) -> Option<Exact> {
        self.brought.find(name)
    }

    /// Carries a balance of the whole share forward.
    pub fn carry_whole(&mut self, name: &str, carried: &Exact) {
        self.balances.retain(|balance| balance.name != name);
        self.balances.push(self.brought.carry(name, carried));
    }

    /// What is carried forward.
    pub fn balances(self) -> Vec<Balance> {
        self.balances
    }

    /// What a balance is called, of this part.
    pub fn named(&self, name: &str) -> String {
        match self.part {
            "" => name.to_string(),
            part => format!("[{part}] {name}"),
        }
    }
}

/// The parts that were brought forward by themselves.
pub(crate) fn parts(brought: &Brought) -> impl Iterator<Item = &str> {
    brought.named("[").filter_map(|(name, _)| Some(name.split_once(']')?.0))
}
