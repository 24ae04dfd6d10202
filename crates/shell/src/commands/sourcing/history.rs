//! What happened in a case, in words.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use journal::Filter;
use sourcing::case::{Free, Joint, Signed};
use sourcing::lot::{DelayDue, DelayRate};
use sourcing::{Case, Dated, Event, Lot, Offered, Restriction};

use crate::outcome::Failure;
use crate::term;
use crate::workspace::{CASE, COMMAND, Workspace};

/// Everything that happened in a case, in order.
pub fn of(workspace: &Workspace, name: &str) -> Result<Vec<Dated>, Failure> {
    let filter = Filter::stream(format!("{CASE}{name}"));
    let events = workspace.events(&filter)?.into_iter().filter(|event| event.kind != COMMAND);
    Ok(events.map(|event| serde_json::from_value(event.payload)).collect::<Result<_, _>>()?)
}

/// Since when each part is in its present state.
pub fn since(history: &[Dated]) -> Vec<Timestamp> {
    let mut since: Vec<(&str, Timestamp)> = Vec::new();
    let mut case: Option<Case> = None;
    for dated in history {
        case = Case::apply(case, dated);
        let Some(case) = &case else { continue };
        for (at, part) in case.parts.iter().enumerate() {
            let name = part.state.name();
            match since.get_mut(at) {
                Some((before, _)) if *before == name => {}
                Some(entry) => *entry = (name, dated.at),
                None => since.push((name, dated.at)),
            }
        }
    }
    since.into_iter().map(|(_, since)| since).collect()
}

/// The part each part was split from, and at which step of the history; none for those that were
/// there from the beginning.
pub fn origins(history: &[Dated]) -> Vec<Option<(usize, usize)>> {
    let mut origins = Vec::new();
    let mut case: Option<Case> = None;
    for (step, dated) in history.iter().enumerate() {
        case = Case::apply(case, dated);
        let parts = case.as_ref().map_or(0, |case| case.parts.len());
        let from = if origins.is_empty() { None } else { part_of(&dated.event, &[]) };
        while origins.len() < parts {
            origins.push(from.map(|from| (from, step)));
        }
    }
    origins
}

/// The part an event is about, if it is about one.
pub fn part_of(event: &Event, lots: &[Lot]) -> Option<usize> {
    // The fields are those of the events; read by name, so that one that is added is not forgotten.
    let event = serde_json::to_value(event).ok()?;
    let number = |value: &serde_json::Value| usize::try_from(value.as_u64()?).ok();
    let part = event.get("part").and_then(number);
    let lot = event.get("lot");
    let of_new_lot = || number(lot?.get("part")?);
    let of_lot = || lots.get(number(lot?)?).map(|lot| lot.part);
    part.or_else(of_new_lot).or_else(of_lot)
}

/// Terms in a few words.
pub fn terms(terms: &Offered) -> String {
    let up_front = terms.up_front.map_or(String::new(), |money| format!(" and {money} up front"));
    let guarded: Vec<_> =
        terms.guarded.iter().map(|(name, value)| format!("{}: {value}", name.name())).collect();
    let guarded = match guarded.is_empty() {
        true => String::new(),
        false => format!(", {}", guarded.join(", ")),
    };
    let credit = terms.credit.map_or(String::new(), |owed| format!(" and {owed} set off"));
    format!("{} an hour for {} months{up_front}{credit}{guarded}", terms.price, terms.months)
}

/// What there is to say about an event beside its name.
pub fn detail(event: &Event, zone: &TimeZone) -> Option<String> {
    let on = |at: &Timestamp| term::instant(*at, zone);
    let window = |deadline: &Option<Timestamp>| match deadline {
        Some(deadline) => format!("the window ends {}", on(deadline)),
        None => "the window waits for documents".to_string(),
    };
    let supplies = |signed: &Signed| format!("{} at {}", signed.party, terms(&signed.terms));
    Some(match event {
        Event::Requested { requirement, .. } => {
            format!("{} for {}", requirement.quantity, requirement.purpose)
        }
        Event::Screened { restriction, also } => {
            let also = match also.is_empty() {
                true => String::new(),
                false => format!("; it also falls under {}", also.join(", ")),
            };
            format!("{}{also}", self::restriction(restriction))
        }
        Event::Exempted { rule } => rule.clone(),
        Event::BridgeAllowed { notice_by } => {
            format!("the holders must be told by {}", on(notice_by))
        }
        Event::NoticeSent { part, receipt, deadline, bid, .. } => {
            let offer = bid.map_or(String::new(), |bid| format!(" of offer {}", bid + 1));
            format!(
                "part {}{offer} counts as received {}; the window ends {}",
                part + 1,
                on(receipt),
                on(deadline)
            )
        }
        Event::RoundOpened { part, round, deadline } => {
            format!("part {}, round {round}; {}", part + 1, window(deadline))
        }
        Event::DocumentsRequested { list, waits, .. } => {
            let waits = if *waits { "; the window waits for them" } else { "" };
            format!("{}{waits}", list.join(", "))
        }
        Event::DocumentsSent { receipt, deadline, .. } => {
            format!("count as received {}; the window ends {}", on(receipt), on(deadline))
        }
        Event::Elected { part, takes, .. } => match takes {
            Some(takes) => format!("part {}: takes {takes}", part + 1),
            None => format!("part {}: takes nothing", part + 1),
        },
        Event::OfferPresented { bid, quantity, round, deadline, .. } => format!(
            "offer {} for {quantity}, round {round}; the window ends {}",
            bid + 1,
            on(deadline)
        ),
        Event::OfferDisclosed { supplier, terms: told, certified_by, .. } => {
            let who = supplier.as_ref().map_or("a third party".to_string(), ToString::to_string);
            let told = told.as_ref().map_or("on terms not told".to_string(), terms);
            let certified =
                certified_by.as_ref().map_or(String::new(), |c| format!(", as {c} certifies"));
            format!("{who} offers it {told}{certified}")
        }
        Event::Released { part, free } => format!("part {}: {}", part + 1, freedom(free, zone)),
        Event::Declined { unable: true, .. } => "unable to".to_string(),
        Event::Consented { tacit, evidence, .. } => {
            format!("{}: {evidence}", if *tacit { "tacitly" } else { "expressly" })
        }
        Event::Waived { unlimited, evidence, .. } => {
            let any = if *unlimited { "others may sign on any terms; " } else { "" };
            format!("{any}{evidence}")
        }
        Event::Interested { until, .. } => format!("talks end {}", on(until)),
        Event::Countered { terms: said, until, .. } => {
            format!("{}; talks end {}", terms(said), on(until))
        }
        Event::Tendered { tender } => {
            let closes = tender.closes.map_or(String::new(), |at| format!(", closes {}", on(&at)));
            let sealed = tender
                .reveal_by
                .map_or(String::new(), |at| format!("; sealed offers, revealed by {}", on(&at)));
            let improved = tender
                .improvement
                .map_or(String::new(), |time| format!("; equal offers are improved in {time}"));
            let lottery = tender.lottery.as_ref().map_or(String::new(), |seed| {
                format!("; a lottery, its seed committed to by {seed}")
            });
            format!("compared by {}{closes}{sealed}{improved}{lottery}", tender.method)
        }
        Event::BidSealed { supplier, seal } => format!("{supplier}: {seal}"),
        Event::BidRevealed { bid, revealed } => {
            format!("offer {}: {} at {}", bid + 1, revealed.quantity, terms(&revealed.terms))
        }
        Event::BidReceived { bid } => {
            format!("{} offers {} at {}", bid.supplier, bid.quantity, terms(&bid.terms))
        }
        Event::ImprovementAsked { bid, closes, reveal_by, .. } => format!(
            "offer {} may be improved, sealed, until {}, and revealed until {}",
            bid + 1,
            on(closes),
            on(reveal_by)
        ),
        Event::ImprovementSealed { bid, seal } => format!("offer {}: {seal}", bid + 1),
        Event::ImprovementRevealed { bid, terms: to } => {
            format!("offer {}: {}", bid + 1, terms(to))
        }
        Event::ImprovementForgone { bid } => {
            format!("offer {} stands as it was: nothing was revealed in time", bid + 1)
        }
        Event::SeedRevealed { seed } => format!("the lottery is drawn from {seed}"),
        Event::BidGone { bid, why } => format!("offer {}: {why}", bid + 1),
        Event::Exercised { signed, sign_by, .. }
        | Event::Matched { signed, sign_by, .. }
        | Event::Agreed { signed, sign_by, .. } => {
            format!("{}; to be signed by {}", supplies(signed), on(sign_by))
        }
        Event::PartialExercised { quantity, signed, sign_by, .. } => {
            format!("{quantity} of it: {}; to be signed by {}", supplies(signed), on(sign_by))
        }
        Event::AwardedContingent { quantity, bid, until, .. } => format!(
            "{quantity} of offer {}; what it is contingent on must be so by {}",
            bid + 1,
            on(until)
        ),
        Event::ContingencyMet { bid, evidence } => format!("offer {}: {evidence}", bid + 1),
        Event::ContingencyFailed { bid } => format!("offer {}", bid + 1),
        Event::Awarded { quantity, signed, .. } | Event::ThirdSigned { quantity, signed, .. } => {
            format!("{quantity}: {}", supplies(signed))
        }
        Event::CloseFailed { fault, .. } => format!("by the fault of {fault}"),
        Event::Proposed { by, what } => {
            let what = match what {
                Joint::Annul { part } => format!("to undo part {}", part + 1),
                Joint::ChangeTerms { part, terms: to } => {
                    format!("to change part {} to {}", part + 1, terms(to))
                }
                Joint::Rescreen => "to follow what the agreement says now".to_string(),
            };
            format!("{by} is willing {what}; the other side has to say so too")
        }
        Event::TermsChanged { part, terms: to } => format!("part {}: {}", part + 1, terms(to)),
        Event::TaggedBack { round, terms: to, deadline, .. } => {
            format!("{}, round {round}; the window ends {}", terms(to), on(deadline))
        }
        Event::ThirdDefaulted { reason, .. } => reason.clone(),
        Event::BreachDetected { signed, quantity, deadline, void, .. } => {
            let void = if *void { "void; " } else { "" };
            format!(
                "{quantity}: {}; {void}the holder may match until {}",
                supplies(signed),
                on(deadline)
            )
        }
        Event::Amended { requirement, .. } => {
            format!(
                "{} for {}, by {}",
                requirement.quantity, requirement.purpose, requirement.need_by
            )
        }
        Event::Superseded { quantity, material, .. } => {
            format!("{quantity} begin anew; material: {}", material.join(", "))
        }
        Event::Extended { part, deadline } => format!("part {} until {}", part + 1, on(deadline)),
        Event::Assigned { to, .. } => format!("to {to}"),
        Event::AssignmentLapsed { to, .. } => format!("it may not be handed on to {to}"),
        Event::ControlChanged { competitor, until, .. } => {
            format!("{competitor} controls it; the grantor may choose until {}", on(until))
        }
        Event::InsolvencyNoticed { holder } | Event::ContractAssumed { holder } => {
            holder.to_string()
        }
        Event::AssuranceAsked { holder, by } => format!("of {holder}, by {}", on(by)),
        Event::ContractRejected { holder, in_time } => {
            let late = if *in_time { "" } else { " gave no assurance in time" };
            format!("{holder}{late}")
        }
        Event::Disputed { dispute } => format!("guard {}: {}", dispute.guard, dispute.grounds),
        Event::Paused { part, .. } => format!("part {}", part + 1),
        Event::Resumed { part, deadline, .. } => match deadline {
            Some(deadline) => format!("part {} until {}", part + 1, on(deadline)),
            None => format!("part {}", part + 1),
        },
        Event::Ruled { part, state, reasons } => {
            format!("part {} is {}: {reasons}", part + 1, state.name())
        }
        Event::LotScheduled { lot } => format!("{} due {}", lot.quantity, lot.due),
        Event::DeliveryDelayed { lot, expected, reason } => {
            format!("lot {} is expected {expected}: {reason}", lot + 1)
        }
        Event::Slipped { lot, due } => format!("lot {} is due {}", lot + 1, due.due),
        Event::Excused { lot, days, force_majeure, reason, due, .. } => {
            let why = if *force_majeure { "force majeure" } else { "the customer" };
            format!("lot {} is due {}: {days} days by {why}: {reason}", lot + 1, due.due)
        }
        Event::GraceEnded { lot, damages_from, .. } => {
            format!("lot {}: damages count from {damages_from}", lot + 1)
        }
        Event::Shortfall { lot, damages_until, .. } => {
            let until = damages_until.map_or(String::new(), |day| format!(", damages until {day}"));
            format!("lot {}: others may supply it{until}", lot + 1)
        }
        Event::PartDelivered { lot, quantity } => format!("{quantity} of lot {}", lot + 1),
        Event::Delivered { lot }
        | Event::DeliveryLate { lot, .. }
        | Event::Recovered { lot, .. } => {
            format!("lot {}", lot + 1)
        }
        Event::DamagesDue { lot, days, amount, capped } => {
            let capped = if *capped { ", capped" } else { "" };
            format!("lot {}: {amount} for {days} days{capped}", lot + 1)
        }
        Event::Fulfilled { part } => format!("part {}", part + 1),
        Event::RightSuspended { holder, class, until } => {
            format!("first rights of {holder} do not hold for {class} until {}", on(until))
        }
        _ => return None,
    })
}

/// What is due for delay, in a few words.
pub fn rate(rate: &DelayRate) -> String {
    let each = if rate.each { " an accelerator" } else { "" };
    let whole = if rate.whole { "whole " } else { "" };
    let days = match rate.days {
        1 => format!("{whole}day"),
        days => format!("{whole}{days} days"),
    };
    let amount = match &rate.due {
        DelayDue::Amount(amount) => amount.to_string(),
        DelayDue::Percentage(part) => format!("{part} of the first year"),
    };
    format!("{amount}{each} for each {days} of delay")
}

/// What an agreement says about a need, in a few words.
pub fn restriction(restriction: &Restriction) -> String {
    match restriction {
        Restriction::None { exemption: Some(rule), .. } => format!("no right covers it: {rule}"),
        Restriction::None { .. } => "no right covers it".to_string(),
        Restriction::Exclusive { holder, .. } => format!("only {holder} may supply it"),
        Restriction::FirstRight { rights } => {
            let asked = |right: &sourcing::Right| {
                format!("{} may step in first, within {}", right.holder, right.says.response_window)
            };
            rights.iter().map(asked).collect::<Vec<_>>().join("; ")
        }
    }
}

/// What others may do, in a few words.
fn freedom(free: &Free, zone: &TimeZone) -> String {
    let from = free
        .opens
        .map_or(String::new(), |opens| format!(", from {} on", term::instant(opens, zone)));
    let until = free.closes.map_or("open-ended".to_string(), |closes| {
        format!("until {}", term::instant(closes, zone))
    });
    let limit = match &free.baseline {
        Some(baseline) => format!("on terms no better for them than {}", terms(baseline)),
        None => "on any terms".to_string(),
    };
    let who = free.only.as_ref().map_or("others".to_string(), ToString::to_string);
    format!("{who} may sign {limit}{from}, {until}")
}
