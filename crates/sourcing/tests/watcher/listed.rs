//! The edges of the process. Source: domain rules §2.3; "anything not listed is rejected".

use sourcing::{Event, State};

/// Whether a part may go from one state to another, by whatever command leads there.
pub fn may_follow(from: &State, to: &State, event: &Event) -> bool {
    let (from, to) = (from.name(), to.name());
    // Row 28: the decision-maker forces an edge, and it is recorded.
    from == to || matches!(event, Event::Ruled { .. }) || after(from).contains(&to)
}

fn after(from: &str) -> &'static [&'static str] {
    match from {
        // Rows 1, 2, 9; an award to the holder itself; 21, 23, 26 to 28, 36.
        "DRAFT" => &[
            "EXEMPT",
            "NOTICED",
            "FREE",
            "COMMITTED",
            "WITHDRAWN",
            "SUPERSEDED",
            "PAUSED",
            "MATCHING",
            "THIRD_SIGNED",
        ],
        // Rows 3, 9, 21, 23, 26 to 28, 36; 20, where the offer that was put is withdrawn.
        "NOTICED" => {
            &["DRAFT", "OPEN", "FREE", "WITHDRAWN", "SUPERSEDED", "PAUSED", "MATCHING", "EXEMPT"]
        }
        // Rows 5 to 10; the next tier's notice.
        "OPEN" => &[
            "DRAFT",
            "COMMITTED",
            "FREE",
            "NEGOTIATING",
            "NOTICED",
            "WITHDRAWN",
            "SUPERSEDED",
            "PAUSED",
            "MATCHING",
            "EXEMPT",
        ],
        // Rows 11 to 13.
        "NEGOTIATING" => &[
            "DRAFT",
            "COMMITTED",
            "FREE",
            "NOTICED",
            "WITHDRAWN",
            "SUPERSEDED",
            "PAUSED",
            "MATCHING",
            "EXEMPT",
        ],
        // Rows 14 to 17; a supplier that fell short and recovers.
        "FREE" => &[
            "MATCHING",
            "THIRD_SIGNED",
            "EXPIRED",
            "COMMITTED",
            "WITHDRAWN",
            "SUPERSEDED",
            "PAUSED",
            "EXEMPT",
        ],
        // Rows 18 to 20, 32; a changed deal whose supplier falls short meanwhile, §2.4.
        "MATCHING" => &[
            "DRAFT",
            "COMMITTED",
            "FREE",
            "THIRD_SIGNED",
            "WITHDRAWN",
            "SUPERSEDED",
            "PAUSED",
            "NOTICED",
            "EXEMPT",
        ],
        // Rows 30, 31, 34, §2.4.
        "COMMITTED" => &["FREE", "ANNULLED", "FULFILLED"],
        // Rows 31 to 34, 36, §2.4.
        "THIRD_SIGNED" => &["MATCHING", "FREE", "DRAFT", "EXEMPT", "ANNULLED", "VOID", "FULFILLED"],
        // Row 28.
        "PAUSED" => &[
            "NOTICED",
            "OPEN",
            "NEGOTIATING",
            "FREE",
            "MATCHING",
            "WITHDRAWN",
            "SUPERSEDED",
            "EXEMPT",
            "DRAFT",
        ],
        // An unused free window: a new notice, as from DRAFT.
        "EXPIRED" => &[
            "NOTICED",
            "FREE",
            "COMMITTED",
            "WITHDRAWN",
            "SUPERSEDED",
            "EXEMPT",
            "MATCHING",
            "THIRD_SIGNED",
            "PAUSED",
        ],
        "EXEMPT" => &["THIRD_SIGNED", "COMMITTED", "WITHDRAWN", "SUPERSEDED", "PAUSED"],
        // Row 36: what is found out later.
        "WITHDRAWN" => &["MATCHING"],
        _ => &[],
    }
}
