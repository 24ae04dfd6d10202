use crate::fields::{Collected, Fields};
use crate::{Duration, Finding};

/// "The holder may attend and read, and decides nothing."
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observer {
    /// The body or meetings it may attend, as `board`, if it may.
    pub body: Option<String>,
    /// How many may attend for it.
    pub seats: u32,
    /// Of what it is told or shown, as `material contracts`.
    pub informed_of: Vec<String>,
    /// How soon it is told.
    pub within: Duration,
}

impl Observer {
    pub(super) fn read(f: &mut Fields<'_>, into: &mut Collected) -> Observer {
        let observer = Observer {
            body: f.optional("body"),
            seats: f.or("seats", 1),
            informed_of: f.optional("informed_of").unwrap_or_default(),
            within: f.or("within", Duration::business_days(5)),
        };
        if observer.body.is_none() && observer.informed_of.is_empty() {
            let place = f.origin().label("sees nothing");
            let message = format!("{} may attend nothing and is told of nothing", f.title);
            let finding = Finding::error("charter::value::missing", message, place);
            into.findings.push(finding.help("add `body = \"board\"`, or what it is `informed_of`"));
        }
        observer
    }
}
