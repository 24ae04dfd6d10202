use crate::Duration;
use crate::fields::Fields;
use crate::value::words;

words! {
    /// What makes the agreement go on.
    pub enum RenewalMode {
        /// It goes on unless somebody gives notice.
        Automatic = "automatic",
        /// The holder may make it go on.
        Option = "option",
        /// Both must agree.
        Mutual = "mutual",
    }
}

/// "The agreement goes on for another term." Source: domain rules §1.11.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renewal {
    /// What makes it go on.
    pub mode: RenewalMode,
    /// For how long.
    pub term: Duration,
    /// How long before the end notice must be given.
    pub notice: Duration,
    /// How often at most; without end if not stated.
    pub times: Option<u32>,
}

impl Renewal {
    pub(super) fn read(f: &mut Fields<'_>) -> Renewal {
        Renewal {
            mode: f.or("mode", RenewalMode::Automatic),
            term: f.or("term", Duration::months(12)),
            notice: f.or("notice", Duration::days(90)),
            times: f.optional("times"),
        }
    }
}
