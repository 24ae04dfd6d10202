//! The damages for delay that fell due in a month, as they were found when lots were late.

use jiff::tz::TimeZone;
use journal::Filter;
use settlement::{Damages, Exact};
use sourcing::{Book, Dated, Event};
use terms::Money;

use crate::outcome::Failure;
use crate::workspace::{CASE, Workspace};

/// Those of every month: one for each finding, on its UTC day. What was found last is what the lot's damages come to with
/// what was found before: each finding is of its own days.
pub fn of(workspace: &Workspace, book: &Book) -> Result<Vec<Damages>, Failure> {
    let filter = Filter { kind: Some("damages-due".to_string()), ..Filter::all() };
    let mut damages = Vec::new();
    for event in workspace.events(&filter)? {
        let Some(id) = event.stream.strip_prefix(CASE) else { continue };
        let found: Dated = serde_json::from_value(event.payload.clone())?;
        let day = found.at.to_zoned(TimeZone::UTC).date();
        let Event::DamagesDue { lot: at, days, amount, capped } = found.event else { continue };
        let Some((case, lot)) = book.case(id).and_then(|case| Some((case, case.lots.get(at)?)))
        else {
            continue;
        };
        let cap = lot.delay.cap.and_then(|share| {
            let value = lot.capped_by.unwrap_or(lot.value);
            let cap = Exact::from(value.amount) * share.fraction().into();
            Some(Money { amount: cap.round(value.currency.scale())?, ..value })
        });
        damages.push(Damages {
            day,
            lot: format!("{id} lot {}", at + 1),
            supplier: lot.supplier.clone(),
            customer: case.supplier_and_customer(&lot.supplier).1.clone(),
            clause: lot.delay.clause.clone(),
            days,
            amount,
            cap,
            capped,
        });
    }
    Ok(damages)
}
