//! The door, which every request passes: who sent it, and whether it was meant.
//!
//! A request that would change something is refused if a browser says that another site had it sent, and, where
//! a session goes with it, if it does not carry what the session's own pages carry.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;

use access::{Action, Area, Person, Resource, Role};
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use people::{Account, Came, Session};
use shell::workspace::Asker;
use terms::Name;
use url::form_urlencoded;

use super::{Entrance, cookies, wall};
use crate::frame::{AREAS, address, problem};
use crate::server::{LARGEST, Sorry};
use crate::viewer::Viewer;

/// The field of every form that proves that it came from a page of the session's.
pub const FORM_TOKEN: &str = "form_token";
/// The header that proves the same, where no form is sent.
pub const FORM_TOKEN_HEADER: &str = "charter-form-token";

/// Somebody who has shown who they are, by a session or a token, with what they may do.
#[derive(Debug, Clone)]
pub struct Known {
    /// Whose account it is.
    pub login: String,
    /// Who asks, as far as the rules care.
    pub person: Person,
    /// Who looks, as far as pages care.
    pub viewer: Viewer,
    /// The parties they act for. What they are shown and do is for one of them at a time.
    pub parties: Vec<String>,
    /// The agreements there are, where a grant is for one of them.
    pub agreements: Vec<String>,
}

/// Somebody who is in with a session.
#[derive(Debug, Clone)]
pub struct Entered {
    /// Their session.
    pub session: Session,
    /// Who they are.
    pub known: Known,
}

impl Known {
    /// Refuses what they may not do in the workspace as a whole, naming the rule.
    ///
    /// # Errors
    /// [`Sorry`] if they may not.
    pub fn may(&self, entrance: &Entrance, action: Action) -> Result<(), Sorry> {
        let agreements = self.agreements.iter().map(String::as_str);
        let decision = entrance.access.may_throughout(&self.person, action, agreements, None);
        if decision.allowed {
            return Ok(());
        }
        let why: Vec<_> = decision.policies.iter().map(|policy| policy.text.as_str()).collect();
        let why =
            if why.is_empty() { "no role of yours allows it".to_owned() } else { why.join(" ") };
        Err(Sorry::forbidden(format!("You may not “{action}”: {why}")))
    }
}

/// Lets a request through, with who sent it.
pub async fn door(State(entrance): State<Arc<Entrance>>, request: Request, next: Next) -> Response {
    match let_in(&entrance, request).await {
        Ok(request) => next.run(request).await,
        Err(refused) => refused,
    }
}

async fn let_in(entrance: &Arc<Entrance>, mut request: Request) -> Result<Request, Response> {
    let came = came(entrance, &request);
    request.extensions_mut().insert(came);
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if changes && is_of_another_site(entrance, request.headers()) {
        return Err(foreign());
    }
    if request.uri().path().starts_with("/assets/") {
        return Ok(request);
    }
    if let Some(token) = bearer(&request) {
        // Programs have tokens, and no cookies that another site could use.
        let found = entrance.ask(move |entrance, now| entrance.people.by_token(&token, now)).await;
        let found = found.map_err(IntoResponse::into_response)?;
        let found = found.map_err(|error| Sorry::from(error).into_response())?;
        if let Some((account, person)) = found {
            let known = known(entrance, &account, person, String::new(), None).await;
            let known = known.map_err(IntoResponse::into_response)?;
            request.extensions_mut().insert(known.viewer.clone());
            request.extensions_mut().insert(known);
        }
        return Ok(request);
    }
    let shown = cookies::shown(entrance, request.headers(), cookies::SESSION).map(str::to_owned);
    let Some(shown) = shown else { return Ok(request) };
    let found = entrance.ask(move |entrance, now| entrance.people.session(&shown, now)).await;
    let found = found.map_err(IntoResponse::into_response)?;
    let Some(session) = found.map_err(|error| Sorry::from(error).into_response())? else {
        return Ok(request);
    };
    if changes && !is_open_to_all(request.uri().path()) {
        request = meant(&session, request).await?;
    }
    let (person, token) = (session.account.person(), session.csrf.reveal().to_owned());
    let party = cookies::shown(entrance, request.headers(), cookies::PARTY).map(str::to_owned);
    let known = known(entrance, &session.account, person, token, party).await;
    let known = known.map_err(IntoResponse::into_response)?;
    if request.uri().path() == "/" && !known.viewer.may_open(Area::Home.as_str()) {
        return Err(Redirect::to(&begins_at(&known.viewer)).into_response());
    }
    request.extensions_mut().insert(known.viewer.clone());
    request.extensions_mut().insert(known.clone());
    request.extensions_mut().insert(Entered { session, known });
    Ok(request)
}

/// The token that a program shows, to the API and for figures alone: pages are for people.
fn bearer(request: &Request) -> Option<String> {
    let shown = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = shown.split_once(' ')?;
    let path = request.uri().path();
    let is_for_programs = path.starts_with("/api/") || path == "/metrics";
    let is_meant = scheme.eq_ignore_ascii_case("bearer") && is_for_programs;
    is_meant.then(|| token.trim().to_owned())
}

/// Where somebody begins to whom the home page is not open.
fn begins_at(viewer: &Viewer) -> String {
    let shown = AREAS.iter().find(|(area, _)| viewer.may_open(area));
    shown.map_or_else(|| "/account".to_owned(), |(area, _)| address(area))
}

/// Forms that are there for who is not in yet.
fn is_open_to_all(path: &str) -> bool {
    ["/login", "/set-up/", "/invitation/"].iter().any(|open| path.starts_with(open))
}

/// The request, if it carries what only a page of this session had.
async fn meant(session: &Session, request: Request) -> Result<Request, Response> {
    let header = request.headers().get(FORM_TOKEN_HEADER).and_then(|value| value.to_str().ok());
    if header.is_some_and(|shown| session.is_of_this(shown)) {
        return Ok(request);
    }
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, LARGEST)
        .await
        .map_err(|_| problem(StatusCode::PAYLOAD_TOO_LARGE, "That is too much at once", None))?;
    let mut fields = form_urlencoded::parse(&body).filter(|(name, _)| name == FORM_TOKEN);
    let is_meant = fields.next().is_some_and(|(_, shown)| session.is_of_this(&shown));
    if !is_meant || fields.next().is_some() {
        return Err(foreign());
    }
    Ok(Request::from_parts(parts, Body::from(body)))
}

fn foreign() -> Response {
    let help = "Open the page anew and send the form from there.";
    problem(StatusCode::FORBIDDEN, "This form is not of your session", Some(help))
}

/// Whether a browser says that another site had the request sent. What is no browser says nothing.
fn is_of_another_site(entrance: &Entrance, headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("null"));
    match (text("sec-fetch-site"), text(header::ORIGIN.as_str())) {
        (Some(site), _) => !matches!(site, "same-origin" | "none"),
        // A server that listens on several addresses is asked by the one that the browser names.
        (None, Some(origin)) => {
            let asked = origin.split_once("://").map(|(_, host)| host);
            origin != entrance.origin && (asked.is_none() || asked != text(header::HOST.as_str()))
        }
        (None, None) => false,
    }
}

/// From where a request came. Behind a proxy its last word counts: what stands before it, the client wrote.
fn came(entrance: &Entrance, request: &Request) -> Came {
    let text = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
    let told = text("x-forwarded-for").and_then(|all| all.rsplit(',').next()).map(str::trim);
    let is_told = entrance.is_behind_a_proxy && peer.is_some_and(|peer| peer.is_loopback());
    let address = told.filter(|_| is_told).and_then(|told| told.parse().ok()).or(peer);
    Came {
        address: address.map_or_else(|| "unknown".to_owned(), |address| address.to_string()),
        agent: text("user-agent").unwrap_or("unknown").to_owned(),
    }
}

async fn known(
    entrance: &Arc<Entrance>,
    account: &Account,
    mut person: Person,
    form_token: String,
    chosen: Option<String>,
) -> Result<Known, Sorry> {
    let agreements = if person.grants.iter().any(|grant| grant.agreement.is_some()) {
        // Nothing adopted is nothing that a grant could be about.
        let names = |room: &crate::desk::Room| {
            let terms = room.terms();
            Ok(terms.map_or(Vec::new(), |terms| {
                terms.agreements().map(|agreement| agreement.name.to_string()).collect()
            }))
        };
        entrance.desk.read(Asker::Machine, names).await?
    } else {
        Vec::new()
    };
    let mut parties: Vec<_> =
        person.grants.iter().filter_map(|grant| grant.party.clone()).collect();
    parties.sort();
    parties.dedup();
    // A page shows what one party may see: of several, the one that was chosen.
    let chosen = chosen.filter(|chosen| parties.contains(chosen));
    let party = chosen.or_else(|| parties.first().cloned());
    person.grants.retain(|grant| grant.party.is_none() || grant.party == party);
    let opens = |person: &Person, area: Area| opens(entrance, person, area, &agreements);
    let everything = [Role::Observer, Role::Auditor, Role::Operator];
    let mut examines = person.clone();
    examines.grants.retain(|grant| everything.contains(&grant.role));
    let (sees_all, sees_all_of) = match opens(&examines, Area::Journal) {
        Opens::Whole => (true, BTreeSet::new()),
        Opens::Of(agreements) => (false, agreements),
    };
    let (mut areas, mut parts) = (Vec::new(), BTreeMap::new());
    for area in Area::ALL {
        match opens(&person, area) {
            Opens::Of(agreements) if agreements.is_empty() || !IN_PARTS.contains(&area) => continue,
            Opens::Of(agreements) => drop(parts.insert(area.as_str(), agreements)),
            Opens::Whole => {}
        }
        areas.push(area.as_str());
    }
    let (name, party) = (account.name.clone(), party.map(Name::new));
    // A grant for one agreement is for none of the books, which are of all of them.
    let sees_books = person.grants.iter().any(|grant| {
        let role = grant.role;
        grant.agreement.is_none() && (role == Role::Lab || everything.contains(&role))
    });
    let viewer =
        Viewer { name, party, sees_all, sees_all_of, sees_books, areas, parts, form_token };
    Ok(Known { login: account.login.clone(), person, viewer, parties, agreements })
}

/// The areas that can be shown for some agreements alone. What calls, money and decisions come to is of all
/// agreements together.
const IN_PARTS: [Area; 5] =
    [Area::Home, Area::Agreement, Area::Sourcing, Area::Position, Area::Journal];

/// Of which agreements an area is open to somebody.
enum Opens {
    Whole,
    Of(BTreeSet<Name>),
}

fn opens(entrance: &Entrance, person: &Person, area: Area, agreements: &[String]) -> Opens {
    let (access, action) = (&entrance.access, Action::Read(area));
    let names = agreements.iter().map(String::as_str);
    if access.may_throughout(person, action, names, None).allowed {
        return Opens::Whole;
    }
    let may = |name: &&String| {
        access.may(person, action, &Resource::Agreement(name.to_string()), None).allowed
    };
    Opens::Of(agreements.iter().filter(may).map(Name::new).collect())
}

impl<S: Send + Sync> FromRequestParts<S> for Entered {
    type Rejection = Response;

    /// Whoever the door let in; everybody else is shown the door.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Entered, Response> {
        let entered = parts.extensions.get::<Entered>().cloned();
        entered.ok_or_else(|| Redirect::to(&to_the_login(parts)).into_response())
    }
}

/// The login, from where one gets to what was asked for.
pub fn to_the_login(parts: &Parts) -> String {
    let wanted = parts.uri.path_and_query().map_or("/", |wanted| wanted.as_str());
    if parts.method != Method::GET || wanted == "/" {
        return "/login".to_owned();
    }
    format!("/login?{}", wall::query("to", wanted))
}
