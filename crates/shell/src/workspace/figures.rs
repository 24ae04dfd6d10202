use journal::{NewEvent, Position};
use settlement::Figure;

use super::Workspace;
use crate::outcome::Failure;

/// What the stream of a figure begins with; then comes its id.
pub(super) const FIGURE: &str = "figure/";
/// The kind of event.
const REPORTED: &str = "figure-reported";

impl Workspace {
    /// The figures that were reported, each as it was last; by day and id, so that nothing rests on the
    /// order in which they were entered.
    pub fn figures(&self) -> Result<Vec<Figure>, Failure> {
        let mut figures: Vec<_> = self.fold()?.figures.values().cloned().collect();
        figures.sort_by(|one, other| (one.on, &one.id).cmp(&(other.on, &other.id)));
        Ok(figures)
    }

    /// Enters a figure.
    pub fn append_figure(
        &self,
        expected: Position,
        figure: &Figure,
        by: &str,
    ) -> Result<(), Failure> {
        let event = NewEvent {
            kind: REPORTED.to_string(),
            stream: format!("{FIGURE}{}", figure.id),
            actor: by.to_string(),
            cause: None,
            effective: self.now,
            payload: serde_json::to_value(figure)?,
        };
        self.append(expected, vec![event])?;
        Ok(())
    }
}
