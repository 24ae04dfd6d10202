use crate::fields::Fields;

/// "The holder may attend and read, and decides nothing."
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observer {
    /// The body it may attend, as `board`.
    pub body: String,
}

impl Observer {
    pub(super) fn read(f: &mut Fields<'_>) -> Option<Observer> {
        Some(Observer { body: f.required("body")? })
    }
}
