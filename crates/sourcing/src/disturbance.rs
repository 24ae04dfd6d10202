//! What comes between: insolvency, disputes, changes of control. Source: domain rules §2.3, rows 21
//! to 28, and §2.7.

use jiff::Timestamp;

use crate::case::Case;
use crate::command::World;
use crate::deadline::ClockError;
use crate::event::Event;

/// The holder gave no assurance in time. Source: row 26.
pub(crate) fn no_assurance(
    _world: &World<'_>,
    case: &Case,
    _at: Timestamp,
) -> Result<Vec<Event>, ClockError> {
    let insolvent = case.insolvency.as_ref();
    let holder = insolvent.map(|insolvency| insolvency.holder.clone());
    Ok(holder
        .into_iter()
        .map(|holder| Event::ContractRejected { holder, in_time: false })
        .collect())
}

/// The grantor's time to choose after a change of control is over: full disclosure stays.
pub(crate) fn control_chosen(
    _world: &World<'_>,
    _case: &Case,
    _at: Timestamp,
) -> Result<Vec<Event>, ClockError> {
    Ok(Vec::new())
}
