//! The customer held a lot up, or force majeure did: its due day moves day for day. Source: domain
//! rules §2.4.

use serde::{Deserialize, Serialize};
use terms::Duration;

use super::{Refused, World, delay};
use crate::case::Case;
use crate::delivery;
use crate::event::Event;
use crate::guard::Guard;

/// Moves the due day.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Excuse {
    /// The lot's number, from 1.
    pub lot: usize,
    /// By how many days.
    pub days: u32,
    /// Whether it was force majeure.
    pub force_majeure: bool,
    /// What happened.
    pub reason: String,
}

/// Force majeure for longer than this many days frees what is missing, without damages.
const FORCE_MAJEURE_DAYS: u32 = 90;

impl Excuse {
    /// Whoever has the lot excuses its delay, or the decision-maker does: no supplier its own.
    pub(super) fn decide(&self, world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
        let (at, lot) = delay::open(world, case, self.lot)?;
        let customer = case.supplier_and_customer(&lot.supplier).1;
        let may = world.is_affiliate(world.by, customer)
            || world.agreement.decision_maker.as_ref() == Some(world.by);
        world.guard(Guard::ByParty, may, || {
            let found = format!("only `{customer}` can excuse a delay of lot {}", self.lot);
            (found, format!("let `{customer}` do it, or the decision-maker"))
        })?;
        world.guard(Guard::Evidence, self.days > 0 && !self.reason.trim().is_empty(), || {
            let found = "an excuse needs days and a reason".to_string();
            (found, "give them with `--days` and `--reason`".to_string())
        })?;
        let moved = delivery::due_day(
            &world.clock,
            world.clock.day_after(lot.due, Duration::days(self.days))?,
        )?;
        let (due, status, damages_from) = delivery::stage(&world.clock, lot, moved, world.now)?;
        let (days, force_majeure, reason) = (self.days, self.force_majeure, self.reason.clone());
        let mut events = vec![Event::Excused {
            lot: at,
            days,
            force_majeure,
            reason,
            due,
            status,
            damages_from,
        }];
        let held_up = lot.force_majeure_days.saturating_add(if force_majeure { days } else { 0 });
        if held_up > FORCE_MAJEURE_DAYS {
            events.extend(delivery::fall_short(world, case, at, world.now, false, false)?);
        }
        Ok(events)
    }
}
