use crate::fields::Fields;

/// "The holder may attend and read, and decides nothing."
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observer {
    /// The body it may attend, as `board`.
    pub body: String,
    /// How many may attend for it.
    pub seats: u32,
}

impl Observer {
    pub(super) fn read(f: &mut Fields<'_>) -> Option<Observer> {
        let body = f.required("body");
        let seats = f.or("seats", 1);
        Some(Observer { body: body?, seats })
    }
}
