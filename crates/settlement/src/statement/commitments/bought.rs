//! What was bought under a commitment, and what could not be.

use exact::Exact;
use jiff::civil::Date;
use terms::clause::CommitmentMeasure;
use terms::value::Currency;

use super::{Measure, Of};
use crate::figure::{Figure, Other};
use crate::period::Period;
use crate::statement::{Line, capacity, is_of};

/// What was bought in a stretch.
#[derive(Default)]
pub(super) struct Bought {
    pub taken: Exact,
    pub charged: Exact,
    /// The units that `charged` is for.
    pub priced: Exact,
    pub undeliverable: Exact,
}

impl Of<'_> {
    /// What was bought on the month's days in a period, and what could not be supplied.
    pub(super) fn bought(&self, measure: &Measure, currency: Currency, period: &Period) -> Bought {
        let Of { input, clause, .. } = self;
        let mut bought = Bought::default();
        let is_its = |line: &&Line| is_of(clause, &line.clause, &line.document);
        if let Some(line) = self.drawdowns.iter().find(is_its) {
            // What several commitments share is drawn from one of them.
            bought.taken = Exact::from(line.amount.amount);
            bought.undeliverable = self.undeliverable(measure, currency, period);
            return bought;
        }
        let counts = |day: Date| self.held.days.contains(&day) && period.holds(day);
        let payments = self.commitment.measure == CommitmentMeasure::Payments;
        let of_clause = self.priced.iter().filter(|priced| {
            !payments
                && counts(priced.capacity.day)
                && priced.capacity.price.currency == currency
                && capacity::is_between(
                    input,
                    clause,
                    &clause.grantor,
                    &clause.holder,
                    priced.capacity,
                )
        });
        for priced in of_clause {
            match measure {
                Measure::Money(_) => bought.taken = bought.taken + priced.charge(),
                Measure::Units { are_hours: true } => {
                    bought.taken = bought.taken + priced.hours();
                    bought.priced = bought.priced + priced.hours();
                }
                Measure::Units { .. } => continue,
            }
            bought.charged = bought.charged + priced.charge();
        }
        let (mut units, mut paid) = (Exact::zero(), Exact::zero());
        let kind = if payments { Other::Paid } else { Other::Purchased };
        // What the supplier pays is none of the customer's payments.
        let registry = &input.terms.registry;
        let (customer, supplier) = (clause.grantor.as_str(), clause.holder.as_str());
        let is_by_supplier = |figure: &Figure| {
            let party = figure.party.as_str();
            registry.is_affiliate(party, supplier) && !registry.is_affiliate(party, customer)
        };
        let of_kind = self.figures(kind).filter(|figure| counts(figure.on));
        for figure in of_kind.filter(|figure| !payments || !is_by_supplier(figure)) {
            let amount = Exact::from(figure.amount.number());
            match figure.amount.currency() {
                None => units = units + amount,
                Some(of) if of == currency => paid = paid + amount,
                Some(_) => {}
            }
        }
        bought.charged = bought.charged + paid.clone();
        match measure {
            Measure::Money(_) => bought.taken = bought.taken + paid,
            Measure::Units { .. } => {
                // Units of which nobody said what they cost say nothing of the price.
                if paid != Exact::zero() {
                    bought.priced = bought.priced + units.clone();
                }
                bought.taken = bought.taken + units;
            }
        }
        bought.undeliverable = self.undeliverable(measure, currency, period);
        bought
    }

    /// What could not be supplied on the month's days in a period.
    pub(super) fn undeliverable(
        &self,
        measure: &Measure,
        currency: Currency,
        period: &Period,
    ) -> Exact {
        let figures = self.figures(Other::Undeliverable).filter(|figure| {
            let fits = match measure {
                Measure::Money(_) => figure.amount.currency() == Some(currency),
                Measure::Units { .. } => figure.amount.currency().is_none(),
            };
            fits && self.held.days.contains(&figure.on) && period.holds(figure.on)
        });
        let reported: Exact = figures.map(|figure| Exact::from(figure.amount.number())).sum();
        let late = self.input.undelivered.iter().filter(|late| {
            let (customer, supplier) = (&self.clause.grantor, &self.clause.holder);
            self.held.days.contains(&late.day)
                && period.holds(late.day)
                && late.price.currency == currency
                && capacity::is_between(self.input, self.clause, customer, supplier, late)
        });
        // What a supplier delivers late it could not supply. Source: domain rules §2.4.
        let late = late.map(|late| match measure {
            Measure::Money(_) => late.charge(),
            Measure::Units { are_hours: true } => Exact::whole(late.accelerator_hours),
            Measure::Units { are_hours: false } => Exact::zero(),
        });
        reported + late.sum()
    }

    /// The month's figures of a kind that count for it.
    fn figures(&self, kind: Other) -> impl Iterator<Item = &Figure> {
        let registry = &self.input.terms.registry;
        let (customer, supplier) = (self.clause.grantor.as_str(), self.clause.holder.as_str());
        self.input.figures(kind).filter(move |figure| {
            let side = |party: &str| {
                registry.is_affiliate(party, customer) || registry.is_affiliate(party, supplier)
            };
            figure.is_for(self.clause)
                && side(figure.party.as_str())
                && figure.to.as_ref().is_none_or(|to| side(to.as_str()))
        })
    }
}
