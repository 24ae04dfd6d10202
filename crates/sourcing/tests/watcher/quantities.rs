//! That quantities add up, and that what is bound stays bound.

use sourcing::{Case, Event, State};

use super::{Happened, Law, Told, Watcher};

impl Watcher {
    /// Nobody is bound to more than it declared, in all cases together.
    pub(super) fn over_award(&mut self, h: &Happened<'_>) {
        let signed = match &h.dated.event {
            Event::Exercised { signed, .. }
            | Event::PartialExercised { signed, .. }
            | Event::Agreed { signed, .. }
            | Event::Matched { signed, .. }
            | Event::Awarded { signed, .. }
            | Event::ThirdSigned { signed, .. } => signed,
            _ => return,
        };
        let case = h.after();
        let supplier = case.supplier_and_customer(&signed.party).0;
        let class = &case.requirement.quantity.class;
        let Some(declared) = h.after.declared(supplier, class) else { return };
        let of_class = h.after.cases().filter(|(_, c)| c.requirement.quantity.class == *class);
        let bound = of_class.flat_map(|(_, case)| {
            let of_supplier = case.parts.iter().filter(|part| match &part.state {
                State::Committed { signed, .. } | State::ThirdSigned { signed, .. } => {
                    case.supplier_and_customer(&signed.party).0 == supplier
                }
                _ => false,
            });
            of_supplier.map(|part| part.quantity).collect::<Vec<_>>()
        });
        let bound: u64 = bound.sum();
        self.must(Law::NoOverAward, bound <= declared, || {
            format!("{supplier} is bound to {bound} of {declared}")
        });
    }

    /// What must hold between the parts before and after an event.
    pub(super) fn parts(&mut self, h: &Happened<'_>, told: &mut Told) {
        let after = h.after();
        self.sums(after);
        let Some(before) = h.before else { return };
        let event = &h.dated.event;
        for (at, (was, is)) in before.parts.iter().zip(&after.parts).enumerate() {
            let listed = super::listed::may_follow(&was.state, &is.state, event);
            self.must(Law::Listed, listed, || {
                format!("part {at} from {} to {} by {event:?}", was.state.name(), is.state.name())
            });
            self.irrevocable(h, at, &was.state, &is.state);
            self.no_earlier(h, at, &was.state, &is.state);
        }
        let _ = told;
    }

    /// A commitment ends by rows 30 and 31, by delivery or its failure, and by a ruling; its terms do
    /// not change.
    pub(super) fn irrevocable(&mut self, h: &Happened<'_>, at: usize, was: &State, is: &State) {
        let State::Committed { signed, .. } = was else { return };
        let event = h.dated.event.name();
        let stays = match is {
            State::Committed { signed: now, .. } => now == signed,
            State::Fulfilled => event == "fulfilled",
            State::Free(_) => ["released", "shortfall"].contains(&event),
            State::Annulled => event == "annulled",
            _ => false,
        };
        let ruled = event == "ruled";
        self.must(Law::Irrevocable, stays || ruled, || {
            format!("part {at}: {was:?} became {is:?} by {:?}", h.dated.event)
        });
    }

    /// Conservation; and no part is to be delivered more than once.
    pub(super) fn sums(&mut self, case: &Case) {
        let counting = case.parts.iter().filter(|part| part.state.counts());
        let all: u64 = counting.map(|part| part.quantity).sum();
        let wanted = case.requirement.quantity.count;
        self.must(Law::Conservation, all == wanted, || format!("{all} are not {wanted}"));
        let empty = |part: &&sourcing::Part| part.quantity == 0 && part.state.counts();
        let empty =
            case.parts.iter().filter(|part| part.state != State::Withdrawn).any(|p| empty(&p));
        self.must(Law::Conservation, !empty, || "a part of nothing".to_string());
        for (at, part) in case.parts.iter().enumerate() {
            let lots = case.lots.iter().filter(|lot| {
                lot.part == at
                    && !matches!(
                        lot.status,
                        sourcing::LotStatus::Cancelled | sourcing::LotStatus::Shortfall
                    )
            });
            let lots: u64 = lots.map(|lot| lot.quantity).sum();
            let most = match &part.state {
                State::Fulfilled | State::ThirdSigned { .. } | State::Committed { .. } => {
                    part.quantity
                }
                // A deal that is changed is before the holders; its lots wait.
                State::Matching { signed: Some(_), .. } => part.quantity,
                _ => 0,
            };
            self.must(Law::Conservation, lots <= most, || {
                format!("{lots} are to be delivered of part {at}, {part}")
            });
        }
    }
}
