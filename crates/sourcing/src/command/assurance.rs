//! An insolvent holder stands by the agreement, or does not. Source: domain rules §2.3, row 26.

use super::{Refused, World};
use crate::case::{Case, Insolvency, PauseReason};
use crate::deadline::Channel;
use crate::disturbance::{self, ASSURANCE};
use crate::event::Event;
use crate::guard::Guard;

/// The grantor asks for assurance: the holder has ten business days from when it is told.
pub(super) fn ask(world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
    world.must_be_grantor(case)?;
    let Insolvency { holder, assure_by, .. } = insolvency(case)?;
    world.guard(Guard::NotAnswered, assure_by.is_none(), || {
        let by = assure_by.map(|by| by.to_string()).unwrap_or_default();
        (format!("`{holder}` is asked already, and has until {by}"), "wait for it".to_string())
    })?;
    let told = world.clock.deemed_receipt(world.now, Channel::Email)?;
    let by = world.clock.deadline(told, ASSURANCE)?;
    Ok(vec![Event::AssuranceAsked { holder: holder.clone(), by }])
}

/// The holder stands by the agreement: what stood still goes on.
pub(super) fn assume(world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
    let Insolvency { holder, .. } = insolvency(case)?;
    must_be(world, holder)?;
    let waits = |_: usize, reason: PauseReason| reason == PauseReason::Insolvency;
    let mut events = vec![Event::ContractAssumed { holder: holder.clone() }];
    events.extend(disturbance::go_on(world, case, world.now, waits)?);
    Ok(events)
}

/// The holder does not stand by it.
pub(super) fn reject(world: &World<'_>, case: &Case) -> Result<Vec<Event>, Refused> {
    let Insolvency { holder, .. } = insolvency(case)?;
    must_be(world, holder)?;
    Ok(disturbance::rejected(world, case, holder, world.now, true)?)
}

fn insolvency(case: &Case) -> Result<&Insolvency, Refused> {
    let help = "note it first: `charter insolvency`";
    let none = || Refused::new(Guard::State, "no insolvency is noted in this case", help);
    case.insolvency.as_ref().ok_or_else(none)
}

/// Only the insolvent holder itself, or an affiliate of it, may say so.
fn must_be(world: &World<'_>, holder: &terms::Name) -> Result<(), Refused> {
    world.guard(Guard::ByHolder, world.is_affiliate(world.by, holder), || {
        let found = format!("only `{holder}`, which is insolvent, may do this, not `{}`", world.by);
        (found, format!("let `{holder}`, or who administers it, do it"))
    })
}
