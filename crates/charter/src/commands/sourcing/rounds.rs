use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use sourcing::{Case, Event, Restriction, State};
use terms::Money;

use crate::outcome::{Answer, Failure, Outcome};
use crate::say;
use crate::term;
use crate::workspace::Workspace;

/// A case as `--json` shows it.
#[derive(Serialize)]
struct Row<'a> {
    case: &'a str,
    agreement: String,
    requirement: &'a sourcing::Requirement,
    restriction: &'a Restriction,
    round: u32,
    parts: Vec<PartRow<'a>>,
    bids: &'a [sourcing::Bid],
    lots: &'a [sourcing::Lot],
    next_deadline: Option<Timestamp>,
}

#[derive(Serialize)]
struct PartRow<'a> {
    quantity: u64,
    #[serde(flatten)]
    state: &'a State,
    may_act: String,
}

pub fn run(workspace: &Workspace, only: Option<&str>, json: bool) -> Outcome {
    let cases = workspace.cases()?;
    if let Some(only) = only
        && !cases.iter().any(|(id, _)| id == only)
    {
        let known: Vec<_> = cases.iter().map(|(id, _)| id.as_str()).collect();
        let help = match known.is_empty() {
            true => "there is none yet; begin one with `charter request`".to_string(),
            false => terms::finding::suggest(only, known),
        };
        return Err(Failure::wrong_use(format!("no case is called `{only}`"), help));
    }
    let shown = cases.iter().filter(|(id, _)| only.is_none_or(|only| only == id));
    let rows: Vec<_> = shown.map(|(id, case)| row(id, case)).collect();
    if json {
        term::json(&rows)?;
        return Ok(Answer::Yes);
    }
    if rows.is_empty() {
        say!("no case yet; begin one with `charter request`");
    }
    let zone = workspace.read_terms()?.terms.time_zone();
    rows.iter().for_each(|row| print(row, &zone));
    Ok(Answer::Yes)
}

fn row<'a>(id: &'a str, case: &'a Case) -> Row<'a> {
    Row {
        case: id,
        agreement: case.agreement.to_string(),
        requirement: &case.requirement,
        restriction: &case.restriction,
        round: case.rounds,
        parts: case
            .parts
            .iter()
            .map(|part| PartRow {
                quantity: part.quantity,
                state: &part.state,
                may_act: may_act(case, &part.state),
            })
            .collect(),
        bids: &case.bids,
        lots: &case.lots,
        next_deadline: sourcing::timer::next(case).map(|(at, _)| at),
    }
}

/// Who may do what now.
fn may_act(case: &Case, state: &State) -> String {
    let customer = &case.requirement.customer;
    let holder = case.restriction.holder().map_or("the holder".to_string(), |h| h.to_string());
    match state {
        State::Draft => match &case.restriction {
            Restriction::FirstRefusal { .. } => format!("{customer}: notify"),
            Restriction::Exclusive { .. } => format!("{holder}: bid, consent; {customer}: award"),
            Restriction::None { .. } => format!("{customer}: award"),
        },
        State::Noticed { .. } => "nobody until the notice is received".to_string(),
        State::Open { .. } => format!("{holder}: exercise, decline, consent"),
        State::Free { .. } => format!("suppliers: bid; {customer}: award, present"),
        State::Matching { .. } => format!("{holder}: match, decline"),
        State::Committed { sign_by: Some(_), .. } => format!("{customer} or {holder}: sign"),
        State::Committed { .. } | State::ThirdSigned { .. } => "the supplier: deliver".to_string(),
        State::Exempt => format!("suppliers: bid; {customer}: award"),
        State::Expired => format!("{customer}: notify again; {holder}: bid, consent"),
        State::Fulfilled | State::Withdrawn => "nobody".to_string(),
    }
}

fn print(row: &Row<'_>, zone: &TimeZone) {
    let requirement = row.requirement;
    let what = if requirement.act == terms::Verb::Build { "build" } else { "contract" };
    say!(
        "{}  {} would {what} {} for {} by {}, at {} an hour",
        term::cyan(row.case),
        requirement.customer,
        requirement.quantity,
        requirement.purpose,
        requirement.need_by,
        requirement.price,
    );
    let restriction = match row.restriction {
        Restriction::None { .. } => "no right covers it".to_string(),
        Restriction::Exclusive { clause, holder } => format!("{clause}: only {holder}"),
        Restriction::FirstRefusal { clause, holder, .. } => format!("{clause}: {holder} first"),
    };
    say!("    {}", term::dim(restriction));
    for part in &row.parts {
        let deadline = deadline(part.state);
        let deadline =
            deadline.map_or(String::new(), |at| format!(" until {}", term::instant(at, zone)));
        let name = term::bold(part.state.name());
        say!("    {:>9} {name}{deadline}  {}", part.quantity, term::dim(&part.may_act));
    }
    for (at, bid) in row.bids.iter().enumerate() {
        say!("    offer {}: {} of {} at {} an hour", at + 1, bid.quantity, bid.supplier, bid.price);
    }
    for (at, lot) in row.lots.iter().enumerate() {
        let status = match (lot.delivered, lot.expected) {
            (Some(delivered), _) => {
                format!("delivered {}", delivered.to_zoned(zone.clone()).date())
            }
            (None, Some(expected)) => format!("due {}, expected {expected}", lot.due),
            (None, None) => format!("due {}", lot.due),
        };
        say!("    lot {}: {} from {}, {status}", at + 1, lot.quantity, lot.supplier);
    }
}

fn deadline(state: &State) -> Option<Timestamp> {
    match state {
        State::Noticed { receipt, .. } => Some(*receipt),
        State::Open { deadline } | State::Matching { deadline, .. } => Some(*deadline),
        State::Free { closes, .. } => *closes,
        State::Committed { sign_by, .. } => *sign_by,
        _ => None,
    }
}

/// What there is to say about an event beside its name.
pub fn detail(event: &Event, zone: &TimeZone) -> Option<String> {
    let on = |at: &Timestamp| term::instant(*at, zone);
    let until = |closes: &Option<Timestamp>| {
        closes.as_ref().map_or("open-ended".to_string(), |closes| format!("until {}", on(closes)))
    };
    let limit = |baseline: &Option<Money>| {
        baseline
            .map_or("on any terms".to_string(), |price| format!("at no more than {price} an hour"))
    };
    Some(match event {
        Event::Requested { requirement, .. } => {
            format!("{} for {}", requirement.quantity, requirement.purpose)
        }
        Event::Screened { restriction } => match restriction {
            Restriction::None { .. } => "no right covers it".to_string(),
            Restriction::Exclusive { holder, .. } => format!("only {holder} may supply it"),
            Restriction::FirstRefusal { holder, right, .. } => {
                format!("{holder} may step in first, within {}", right.response_window)
            }
        },
        Event::NoticeSent { receipt, deadline, .. } => {
            format!("counts as received {}; the window ends {}", on(receipt), on(deadline))
        }
        Event::RoundOpened { round, deadline, .. } => {
            format!("round {round}; the window ends {}", on(deadline))
        }
        Event::OfferPresented { bid, round, deadline, .. } => {
            format!("offer {}, round {round}; the window ends {}", bid + 1, on(deadline))
        }
        Event::Released { baseline, closes, .. } => {
            format!("others may sign {}, {}", limit(baseline), until(closes))
        }
        Event::Consented { tacit, evidence, .. } => {
            format!("{}: {evidence}", if *tacit { "tacitly" } else { "expressly" })
        }
        Event::BidReceived { bid } => {
            format!("{} offers {} at {} an hour", bid.supplier, bid.quantity, bid.price)
        }
        Event::Exercised { supplier, price, sign_by, .. }
        | Event::Matched { supplier, price, sign_by, .. } => {
            format!("{supplier} supplies it at {price} an hour; to be signed by {}", on(sign_by))
        }
        Event::PartialExercised { quantity, supplier, price, sign_by, .. } => {
            format!(
                "{supplier} supplies {quantity} at {price} an hour; to be signed by {}",
                on(sign_by)
            )
        }
        Event::Awarded { quantity, supplier, price, .. }
        | Event::ThirdSigned { quantity, supplier, price, .. } => {
            format!("{supplier} supplies {quantity} at {price} an hour")
        }
        Event::LotScheduled { lot } => format!("{} due {}", lot.quantity, lot.due),
        Event::DeliveryDelayed { lot, expected, reason } => {
            format!("lot {} is expected {expected}: {reason}", lot + 1)
        }
        Event::Delivered { lot } => format!("lot {}", lot + 1),
        _ => return None,
    })
}
