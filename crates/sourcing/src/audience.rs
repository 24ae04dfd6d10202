//! Who may see an event.

use terms::Name;

use crate::case::Case;
use crate::event::Dated;

/// Whether a party may see an event of a case, whole; else it may not see any of it.
///
/// `case` is the case before the event.
pub fn may_see(_case: Option<&Case>, _dated: &Dated, _party: &Name) -> bool {
    true
}
