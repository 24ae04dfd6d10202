//! The sorts of line: what each is called, and how it counts.

use settlement::LineKind;

/// How a line counts in totals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It is what a party charges its customers.
    Charged,
    /// It is due from one party to another.
    Due,
    /// It sums up lines that are due; nothing more moves.
    SetOff,
    /// It says how far a promise is kept; nothing moves.
    Tracked,
    /// It was paid, for what was due in this month or before.
    Paid,
}

impl Effect {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Effect::Charged => "charged",
            Effect::Due => "due",
            Effect::SetOff => "set off",
            Effect::Tracked => "tracked",
            Effect::Paid => "paid",
        }
    }
}

/// How a sort of line counts. This is the one place that knows all of them.
pub fn effect(kind: LineKind) -> Effect {
    match kind {
        LineKind::Revenue => Effect::Charged,
        LineKind::RevenueShare
        | LineKind::Capacity
        | LineKind::PriceAdjustment
        | LineKind::Credit
        | LineKind::TakeOrPay
        | LineKind::Prepayment
        | LineKind::Advance
        | LineKind::LumpSum
        | LineKind::ProfitParticipation
        | LineKind::PrepaymentUsed
        | LineKind::Damages
        | LineKind::Funding
        | LineKind::Loan => Effect::Due,
        LineKind::Net => Effect::SetOff,
        LineKind::Drawdown | LineKind::Recoupment => Effect::Tracked,
        LineKind::Payment => Effect::Paid,
    }
}

/// The word for a sort of line, as the statement itself is written: `revenue share`.
pub fn word(kind: LineKind) -> String {
    let text = serde_json::to_value(kind).ok();
    text.as_ref().and_then(|text| text.as_str()).unwrap_or_default().replace('_', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_words() {
        assert_eq!(word(LineKind::RevenueShare), "revenue share");
        assert_eq!(word(LineKind::Net), "net");
    }
}
