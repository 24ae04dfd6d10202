//! What happens, as it happens: a browser that shows a live page is told that something changed.
//!
//! It is told of a place in the journal and no more; what changed it reads from the page, which shows what
//! its viewer may see. So that not even the moment of a hidden event is told, an event of a case reaches
//! those alone who come to see something with it.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event as Line, KeepAlive, Sse};
use futures_util::{Stream, StreamExt, stream};
use journal::{Event, Position};
use shell::cases::is_open;
use shell::outcome::Failure;
use shell::workspace::{Asker, CASE, Clock, Workspace};
use terms::Name;
use tokio::sync::{broadcast, mpsc};

use crate::desk::{Desk, Room};
use crate::server::App;
use crate::viewer::Viewer;

/// How many events a listener may be behind before it is told to look again instead.
const BEHIND: usize = 1024;

/// How long a journal that cannot be read, or is not there yet, is left alone.
const AGAIN: Duration = Duration::from_millis(500);

/// An event of the journal, as far as listeners are told.
#[derive(Debug, Clone)]
struct Happened {
    position: u64,
    /// The agreement it is about, if it is about one.
    agreement: Option<Name>,
    /// Whether it is for everybody who may look at the journal, or part of it.
    is_open: bool,
    /// The parties that come to see something with it; all, where it is of no case.
    seen_by: Option<Arc<BTreeSet<Name>>>,
}

/// Where what happens is told.
pub struct News {
    sender: broadcast::Sender<Happened>,
}

impl Happened {
    fn is_for(&self, viewer: &Viewer) -> bool {
        let sees = |parties: &BTreeSet<Name>| {
            viewer.party.as_ref().is_some_and(|party| parties.contains(party))
        };
        match &self.agreement {
            _ if viewer.sees_all => true,
            Some(agreement) => {
                let areas = ["agreement", "journal", "sourcing"];
                let reads = areas.iter().any(|area| viewer.reads(area, agreement));
                let sees_all = viewer.sees_all_of(agreement);
                reads && (sees_all || self.seen_by.as_deref().is_none_or(sees))
            }
            None => self.is_open || (viewer.parts.is_empty() && self.seen_by.is_none()),
        }
    }
}

impl News {
    /// Tells what happens from now on, whoever enters it. To be called within a runtime.
    ///
    /// # Errors
    /// [`Failure`] if there is no thread to hear on.
    pub fn of(directory: PathBuf, clock: Clock, desk: Desk) -> Result<Arc<News>, Failure> {
        let (sender, heard) = mpsc::channel(BEHIND);
        let work = move || hear(&directory, clock, &sender);
        std::thread::Builder::new().name("news".to_string()).spawn(work)?;
        let news = Arc::new(News { sender: broadcast::channel(BEHIND).0 });
        tokio::spawn(tell(desk, news.clone(), heard));
        Ok(news)
    }

    /// The position of whatever happens from now on, for figures, which show it to no party.
    pub fn positions(&self) -> impl Stream<Item = u64> + use<> {
        stream::unfold(self.sender.subscribe(), |mut listener| async move {
            loop {
                match listener.recv().await {
                    Ok(happened) => return Some((happened.position, listener)),
                    Err(broadcast::error::RecvError::Lagged(_)) => {}
                    Err(broadcast::error::RecvError::Closed) => return None,
                }
            }
        })
    }

    /// How many listen.
    #[must_use]
    pub fn listeners(&self) -> usize {
        self.sender.receiver_count()
    }

    /// Tells the position of whatever a viewer may come to see something with, from now on; none where some
    /// were missed, so that they look again.
    pub fn told(&self, viewer: Viewer) -> impl Stream<Item = Option<u64>> + use<> {
        let listener = self.sender.subscribe();
        stream::unfold((listener, viewer), move |(mut listener, viewer)| async move {
            loop {
                match listener.recv().await {
                    Ok(happened) if happened.is_for(&viewer) => {
                        return Some((Some(happened.position), (listener, viewer)));
                    }
                    Ok(_) => {}
                    Err(broadcast::error::RecvError::Lagged(_)) => {
                        return Some((None, (listener, viewer)));
                    }
                    Err(broadcast::error::RecvError::Closed) => return None,
                }
            }
        })
    }
}

/// Hears of every event of the journal, again and again where it cannot be read.
fn hear(directory: &std::path::Path, clock: Clock, sender: &mpsc::Sender<Event>) {
    let mut after: Option<Position> = None;
    while !sender.is_closed() {
        let listened = Workspace::find(directory, clock).and_then(|workspace| {
            let begin = after.map_or_else(|| workspace.head().map(|head| head.position), Ok)?;
            after = Some(begin);
            workspace.with_journal(async |journal| {
                let mut events = std::pin::pin!(journal.follow(begin).await?);
                while let Some(event) = events.next().await {
                    let event = event?;
                    after = Some(event.position);
                    if sender.send(event).await.is_err() {
                        break;
                    }
                }
                Ok(())
            })
        });
        if let Err(failure) = listened {
            tracing::warn!(reason = failure.message(), "the journal is not heard for a moment");
        }
        std::thread::sleep(AGAIN);
    }
}

/// Finds out who sees what was heard, and tells them.
async fn tell(desk: Desk, news: Arc<News>, mut heard: mpsc::Receiver<Event>) {
    while let Some(event) = heard.recv().await {
        let (position, stream) = (event.position.0, event.stream);
        match desk.read(Asker::Machine, move |room| happened(room, position, &stream)).await {
            // Nobody listening is no failure.
            Ok(happened) => drop(news.sender.send(happened)),
            // Whoever is not told now sees it with the next page.
            Err(failure) => {
                tracing::warn!(reason = failure.message(), "nobody was told of an event")
            }
        }
    }
}

fn happened(room: &Room, position: u64, stream: &str) -> Result<Happened, Failure> {
    let of_case = stream.strip_prefix(CASE);
    let seen_by = of_case.map(|case| seen_by(room, case, position)).transpose()?.map(Arc::new);
    let (agreement, is_open) = (room.agreement_of(stream)?, is_open(stream));
    Ok(Happened { position, agreement, is_open, seen_by })
}

/// The parties that come to see something with an event of a case.
fn seen_by(room: &Room, case: &str, position: u64) -> Result<BTreeSet<Name>, Failure> {
    let (terms, chronicles) = (room.terms()?, room.chronicles()?);
    let mut parties = BTreeSet::new();
    let Some(chronicle) = chronicles.get(case) else { return Ok(parties) };
    let place = chronicle.places.iter().position(|place| place.position.0 == position);
    for party in terms.registry.parties.keys().filter(|_| place.is_some()) {
        if room.seen_with(party, case, chronicle)?.contains(&place) {
            parties.insert(party.clone());
        }
    }
    Ok(parties)
}

/// The stream of a live page. A browser that comes back says what it saw last; it is told to look again at
/// once, as something may have happened since.
pub async fn stream(
    State(app): State<App>,
    viewer: Viewer,
    headers: HeaderMap,
) -> Sse<impl Stream<Item = Result<Line, Infallible>>> {
    // A browser drops an event without data.
    let changed = |id: String| Line::default().event("changed").id(id).data("look again");
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let again = last.map(|id| changed(id.to_string()));
    let position = |position: Option<u64>| position.map_or(String::new(), |at| at.to_string());
    let news = app.news.told(viewer).map(move |at| changed(position(at)));
    let all = stream::iter(again).chain(news).map(Ok);
    Sse::new(all).keep_alive(KeepAlive::new().interval(Duration::from_secs(20)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn the_moment_of_an_event_is_told_to_those_alone_who_see_it() {
        let viewer = |party: Option<&str>, sees_all| Viewer {
            name: String::new(),
            party: party.map(Name::new),
            sees_all,
            sees_all_of: BTreeSet::new(),
            sees_books: sees_all,
            areas: vec!["journal"],
            parts: BTreeMap::new(),
            form_token: String::new(),
        };
        let of_case = |parties: &[&str]| Happened {
            position: 1,
            agreement: Some(Name::new("hosting")),
            is_open: false,
            seen_by: Some(Arc::new(parties.iter().map(|party| Name::new(*party)).collect())),
        };
        let of_none = Happened { position: 1, agreement: None, is_open: false, seen_by: None };
        for (happened, party, sees_all, told) in [
            (of_case(&["lab"]), Some("lab"), false, true),
            (of_case(&["lab"]), Some("meridian"), false, false),
            (of_case(&["lab"]), None, false, false),
            (of_case(&[]), Some("lab"), false, false),
            (of_case(&["lab"]), None, true, true),
            (of_none.clone(), Some("meridian"), false, true),
            (of_none.clone(), None, false, true),
        ] {
            assert_eq!(happened.is_for(&viewer(party, sees_all)), told, "{happened:?} {party:?}");
        }
        // A grant for one agreement: nothing of another's is told, and of its own to a party what it sees.
        let of = |agreement: &str, party: Option<&str>, examines: bool| {
            let own = BTreeSet::from([Name::new(agreement)]);
            let sees_all_of = if examines { own.clone() } else { BTreeSet::new() };
            let parts = BTreeMap::from([("journal", own)]);
            Viewer { sees_all_of, parts, ..viewer(party, false) }
        };
        let open = Happened { is_open: true, ..of_none.clone() };
        for (happened, agreement, party, examines, told) in [
            (of_case(&["lab"]), "hosting", Some("lab"), false, true),
            (of_case(&["lab"]), "hosting", Some("meridian"), false, false),
            (of_case(&["lab"]), "colocation", Some("lab"), false, false),
            (of_case(&["lab"]), "hosting", None, true, true),
            (of_case(&["lab"]), "colocation", None, true, false),
            (of_none, "hosting", None, true, false),
            (open, "hosting", None, true, true),
        ] {
            let viewer = of(agreement, party, examines);
            assert_eq!(happened.is_for(&viewer), told, "{happened:?} {agreement} {party:?}");
        }
    }
}
