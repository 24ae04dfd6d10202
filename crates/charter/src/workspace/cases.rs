use jiff::Timestamp;
use journal::{Event, Filter, NewEvent, Position};
use sourcing::{Case, Dated};

use super::Workspace;
use crate::outcome::Failure;

/// Where the events of a case are.
fn stream(id: &str) -> String {
    format!("case/{id}")
}

impl Workspace {
    /// A case, if it has begun.
    pub fn case(&self, id: &str) -> Result<Option<Case>, Failure> {
        let events = self.events(&Filter::stream(stream(id)))?;
        events.iter().try_fold(None, fold)
    }

    /// Every case by its name, in the order they began.
    pub fn cases(&self) -> Result<Vec<(String, Case)>, Failure> {
        let filter = Filter { stream_prefix: Some(stream("")), ..Filter::all() };
        let mut cases: Vec<(String, Option<Case>)> = Vec::new();
        for event in self.events(&filter)? {
            let id = event.stream.trim_start_matches("case/").to_string();
            let at = cases.iter().position(|(known, _)| *known == id).unwrap_or_else(|| {
                cases.push((id, None));
                cases.len() - 1
            });
            cases[at].1 = fold(cases[at].1.take(), &event)?;
        }
        Ok(cases.into_iter().filter_map(|(id, case)| Some((id, case?))).collect())
    }

    /// Enters what happened in a case. `false` if somebody else entered something meanwhile, and
    /// this must be decided anew.
    pub fn append_case(
        &self,
        expected: Position,
        id: &str,
        happened: &[Dated],
    ) -> Result<bool, Failure> {
        let event = |dated: &Dated| {
            Ok(NewEvent {
                kind: dated.event.name().to_string(),
                stream: stream(id),
                actor: dated.by.as_ref().map_or("clock".to_string(), ToString::to_string),
                cause: dated.clause.clone(),
                effective: dated.at,
                payload: serde_json::to_value(dated)?,
            })
        };
        let events = happened.iter().map(event).collect::<Result<Vec<_>, serde_json::Error>>()?;
        Ok(self.try_append(expected, events)?.is_some())
    }
}

fn fold(case: Option<Case>, event: &Event) -> Result<Option<Case>, Failure> {
    let dated: Dated = serde_json::from_value(event.payload.clone())?;
    let at: Timestamp = dated.at;
    Ok(Case::apply(case, at, &dated.event))
}
