//! What follows if a minimum is not reached.

use crate::fields::{Collected, Fields};
use crate::value::words;
use crate::{ClauseId, Duration, Finding, Money, Percentage, Quantity};

words! {
    /// What follows a shortfall.
    pub enum ShortfallRemedy {
        /// The bound party pays for what is missing.
        Pay = "pay",
        /// It loses a right that it had for reaching the minimum.
        LoseExclusivity = "lose_exclusivity",
        /// The agreement ends, or may be ended.
        Terminate = "terminate",
        /// What is missing is shipped and invoiced, though not ordered.
        ShipAndInvoice = "ship_and_invoice",
        /// It makes up for what is missing later, at no further charge.
        MakeGood = "make_good",
        /// It gives back what it was paid for what is missing.
        Refund = "refund",
        /// The other party's duties to supply or perform are suspended until it is made up.
        Suspend = "suspend",
        /// It puts right what made it fall short, as by training or assistance.
        Remediate = "remediate",
        /// The other party pays less: its discount rises by a step.
        Discount = "discount",
        /// The parties negotiate what becomes of the agreement.
        Renegotiate = "renegotiate",
        /// The other party has the claims the agreement gives it for a breach.
        Claim = "claim",
        /// The other party may refuse what falls short.
        Refuse = "refuse",
        /// Nothing.
        None = "none",
    }
}

words! {
    /// Who chooses between remedies.
    pub enum ChosenBy {
        /// The party that holds the right.
        Holder = "holder",
        /// The party that is bound.
        Grantor = "grantor",
        /// Nobody: all of them follow.
        Nobody = "nobody",
    }
}

/// What follows if a minimum is not reached. Source: domain rules §1.6 (shortfall_remedy, cure).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shortfall {
    /// What follows: any of these, as `chosen_by` chooses.
    pub remedy: Vec<ShortfallRemedy>,
    /// Who chooses, where there are several.
    pub chosen_by: ChosenBy,
    /// Whether it follows without anybody having to say so.
    pub automatic: bool,
    /// Which part of the value of what is missing is paid or given back.
    pub share: Percentage,
    /// What is paid or given back for each `rate_per` missing, in place of its value.
    pub rate: Option<Money>,
    /// For how many missing the rate is; it is due once, whatever is missing, if not stated.
    pub rate_per: Option<Quantity>,
    /// Most that is paid or given back for one period.
    pub cap: Option<Money>,
    /// How soon after the period's end, or after it was told of, payment is due.
    pub due_within: Option<Duration>,
    /// How much may be missing, of the minimum, before anything follows.
    pub tolerance: Percentage,
    /// How many periods of a year must fall short before anything follows.
    pub occurrences: u32,
    /// How long the bound party may still make it up once it was told.
    pub cure: Duration,
    /// How soon after a period it must be told whether the minimum was reached.
    pub told_within: Option<Duration>,
    /// How long before it takes effect a remedy must be announced.
    pub notice: Option<Duration>,
    /// How long after the period a remedy may be asked for; without end if not stated.
    pub claim_within: Option<Duration>,
    /// For how long the remedy lasts, if it is not for good.
    pub lasts: Option<Duration>,
    /// Whether what is given back bears interest.
    pub with_interest: bool,
    /// Whether it is enough that a shortfall must reasonably be expected.
    pub anticipated: bool,
    /// How long there is to make good.
    pub make_good_within: Option<Duration>,
    /// The right that is lost, where one is.
    pub loses: Option<ClauseId>,
    /// Whether nothing else may be claimed.
    pub sole_remedy: bool,
}

/// All that follows if a minimum is not reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shortfalls {
    /// What the clause itself says.
    pub first: Shortfall,
    /// What follows besides, on conditions of its own.
    pub further: Vec<Shortfall>,
}

impl Shortfalls {
    /// The clause's own remedy and those of its blocks `further_remedy`.
    pub(super) fn read(
        f: &mut Fields<'_>,
        remedy: ShortfallRemedy,
        into: &mut Collected,
    ) -> Shortfalls {
        let first = Shortfall::read(f, remedy, into);
        let mut further = Vec::new();
        for (at, mut block) in f.blocks("further_remedy").into_iter().enumerate() {
            further.push(Shortfall::read(&mut block, remedy, into));
            f.adopt(block, &format!("further_remedy {}", at + 1), into);
        }
        Shortfalls { first, further }
    }
}

impl Shortfall {
    fn read(f: &mut Fields<'_>, remedy: ShortfallRemedy, into: &mut Collected) -> Shortfall {
        let shortfall = Shortfall {
            remedy: f.or("shortfall_remedy", vec![remedy]),
            chosen_by: f.or("chosen_by", ChosenBy::Holder),
            automatic: f.or("automatic", false),
            share: f.or("shortfall_share", Percentage::WHOLE),
            rate: f.optional("shortfall_rate"),
            rate_per: f.optional("rate_per"),
            cap: f.optional("shortfall_cap"),
            due_within: f.optional("due_within"),
            tolerance: f.or("tolerance", Percentage::NOTHING),
            occurrences: f.or("occurrences", 1),
            cure: f.or("cure", Duration::days(45)),
            told_within: f.optional("told_within"),
            notice: f.optional("notice"),
            claim_within: f.optional("claim_within"),
            lasts: f.optional("lasts"),
            with_interest: f.or("with_interest", false),
            anticipated: f.or("anticipated", false),
            make_good_within: f.optional("make_good_within"),
            loses: f.clause_optional("loses", into),
            sole_remedy: f.or("sole_remedy", false),
        };
        shortfall.check(f, into);
        shortfall
    }

    /// What is said of a remedy needs that remedy.
    fn check(&self, f: &Fields<'_>, into: &mut Collected) {
        use ShortfallRemedy::{LoseExclusivity, MakeGood, Pay, Refund};
        let needs: [(&str, &[ShortfallRemedy]); 6] = [
            ("shortfall_rate", &[Pay, Refund]),
            ("rate_per", &[Pay, Refund]),
            ("shortfall_share", &[Pay, Refund]),
            ("shortfall_cap", &[Pay, Refund]),
            ("loses", &[LoseExclusivity]),
            ("make_good_within", &[MakeGood]),
        ];
        for (name, remedies) in needs {
            if f.raw(name).is_some() && !remedies.iter().any(|one| self.remedy.contains(one)) {
                let words: Vec<_> = remedies.iter().map(|one| format!("`{one}`")).collect();
                let words = words.join(" or ");
                let place = f.origin_of(name).label(format!("without the remedy {words}"));
                let message = format!("`{name}` of {} can never count", f.title);
                let help = format!("add {words} to `shortfall_remedy`, or leave `{name}` out");
                into.findings
                    .push(Finding::error("charter::shortfall::remedy", message, place).help(help));
            }
        }
    }
}
