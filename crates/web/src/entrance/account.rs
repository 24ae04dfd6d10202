//! What somebody keeps of their own: name, password, second factor, sessions, tokens.

use std::sync::Arc;

use access::Grant;
use axum::Router;
use axum::extract::{Extension, Form, Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};
use people::openid::path_of_ours;
use people::{Account, Came, Enrolment, Held, NewToken, Secret, Token};
use serde::Deserialize;

use super::{Entered, Entrance, cookies, wall};
use crate::frame::Page;
use crate::server::Sorry;
use crate::viewer::Viewer;
use crate::words;

/// The addresses below `/account`.
pub fn routes() -> Router<Arc<Entrance>> {
    Router::new()
        .route("/account", get(page))
        .route("/account/name", post(rename))
        .route("/account/party", post(choose_party))
        .route("/account/password", post(change_password))
        .route("/account/second-factor", post(begin_second_factor))
        .route("/account/second-factor/confirm", post(confirm_second_factor))
        .route("/account/second-factor/leave", post(leave_second_factor))
        .route("/account/sessions/{number}/end", post(end_session))
        .route("/account/tokens", post(make_token))
        .route("/account/tokens/{number}/revoke", post(revoke_token))
}

/// What is said above the page, after something was done or was not.
#[derive(Default)]
struct Said {
    wrong: Option<String>,
    /// Shown this once.
    token: Option<Secret>,
    enrolment: Option<Enrolment>,
}

async fn page(State(entrance): State<Arc<Entrance>>, entered: Entered) -> Result<Response, Sorry> {
    shown(&entrance, &entered, Said::default()).await
}

async fn shown(entrance: &Arc<Entrance>, entered: &Entered, said: Said) -> Result<Response, Sorry> {
    let login = entered.session.account.login.clone();
    let (account, sessions, tokens, now) = entrance
        .ask(move |entrance, now| {
            let people = &entrance.people;
            let account = people.account(&login)?;
            Ok::<_, people::StorageError>((
                account,
                people.sessions(&login, now)?,
                people.tokens(&login)?,
                now,
            ))
        })
        .await??;
    let account = account.ok_or_else(|| Sorry::absent("There is no such account any more"))?;
    let viewer = &entered.known.viewer;
    let failed = said.wrong.is_some();
    let body = html! {
        h1 { "Your account" }
        (wall::wrong(said.wrong.as_deref()))
        @if let Some(token) = &said.token { (once(token)) }
        p { "Your login is " strong { (account.login) } ". You are:" }
        (granted(&account.grants))
        (party(viewer, &entered.known.parties))
        (wall::button(viewer, "/logout", "Log out"))
        (name_and_password(viewer, &account))
        (second_factor(viewer, &account, said.enrolment.as_ref()))
        (sessions_table(viewer, &sessions, entered.session.number))
        (tokens_table(viewer, &tokens, &account, now))
    };
    let mut answer = Page::still("account", "Your account", body).shown_to(viewer);
    if failed {
        *answer.status_mut() = axum::http::StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(answer)
}

/// What somebody was granted.
pub fn granted(grants: &[Grant]) -> Markup {
    html! {
        @if grants.is_empty() { p { "Nothing yet: an operator grants roles." } }
        @else { ul { @for grant in grants { li { (grant) } } } }
    }
}

fn once(token: &Secret) -> Markup {
    html! {
        div.note role="status" {
            p { "This is the token. It is not shown again, and nobody can look it up: copy it now." }
            pre tabindex="0" { (token.reveal()) }
        }
    }
}

/// For which party somebody looks, who acts for several.
fn party(viewer: &Viewer, parties: &[String]) -> Markup {
    let is_own = |party: &str| viewer.party.as_ref().is_some_and(|own| own.as_str() == party);
    html! { @if parties.len() > 1 {
        form.inline method="post" action="/account/party" {
            (wall::token(viewer))
            p { label for="party" { "You look and act for" }
                select #party name="party" { @for party in parties {
                    option value=(party) selected[is_own(party)] { (party) }
                } } }
            button { "Change" }
        }
    } }
}

fn name_and_password(viewer: &Viewer, account: &Account) -> Markup {
    html! {
        h2 { "Name" }
        form.inline method="post" action="/account/name" {
            (wall::token(viewer))
            p { label for="name" { "What others call you" }
                input #name name="name" autocomplete="name" value=(account.name) required; }
            button { "Save" }
        }
        @if account.has_password {
            h2 { "Password" }
            form.tall method="post" action="/account/password" {
                (wall::token(viewer))
                (wall::password("current", "Password so far", "current-password"))
                (wall::password("new", "New password", "new-password"))
                p { button { "Change it, and end all sessions" } }
            }
        }
    }
}

fn second_factor(viewer: &Viewer, account: &Account, enrolment: Option<&Enrolment>) -> Markup {
    html! {
        h2 #second-factor { "Second factor" }
        @if let Some(enrolment) = enrolment {
            p { "Let your authenticator app read this picture, enter the secret there, or open the address on the device \
                 that has the app. It is not shown again." }
            (qr_code(enrolment.address.reveal()))
            dl {
                dt { "Secret" } dd { code { (enrolment.text.reveal()) } }
                dt { "Address" } dd { a href=(enrolment.address.reveal()) { "open in an app" } }
            }
            form.tall method="post" action="/account/second-factor/confirm" {
                (wall::token(viewer))
                (wall::code())
                p { button { "Use it from now on" } }
            }
        } @else if account.has_second_factor {
            p { "A code is asked for after your password." }
            form.tall method="post" action="/account/second-factor/leave" {
                (wall::token(viewer))
                (wall::code())
                p { button.plain { "Do without" } }
            }
        } @else if account.has_password {
            p { "With one, nobody comes in with your password alone." }
            form method="post" action="/account/second-factor" {
                (wall::token(viewer)) button { "Set one up" }
            }
        } @else {
            p { "Your organisation asks for it, if it does." }
        }
    }
}

/// A text as a QR code: dark on light whatever the page's colours are, as readers want it, with the margin of four
/// modules that they need. Nothing where a text is too long for one.
fn qr_code(text: &str) -> Markup {
    const MARGIN: usize = 4;
    let Ok(code) = qrcode::QrCode::new(text) else { return html! {} };
    let width = code.width();
    let colors = code.to_colors();
    let dark = colors.iter().enumerate().filter(|(_, color)| **color == qrcode::Color::Dark);
    let modules: String = dark
        .map(|(at, _)| format!("M{} {}h1v1h-1z", at % width + MARGIN, at / width + MARGIN))
        .collect();
    let side = width + 2 * MARGIN;
    html! {
        svg.qr role="img" aria-label="QR code of the address below" viewBox={ "0 0 " (side) " " (side) } shape-rendering="crispEdges" {
            rect width=(side) height=(side) fill="#fff" {}
            path d=(modules) fill="#000" {}
        }
    }
}

fn sessions_table(viewer: &Viewer, sessions: &[Held], own: i64) -> Markup {
    html! {
        h2 { "Sessions" }
        div.scroll tabindex="0" { table {
            caption { (words::count(sessions.len(), "session")) " of yours" }
            thead { tr { th { "From" } th { "With" } th { "Since" } th { "Last used" } th { "End" } } }
            tbody { @for session in sessions { tr {
                td { (session.address) @if session.number == own { " (this one)" } }
                td { (session.agent) }
                td { (instant(session.made)) }
                td { (instant(session.seen)) }
                td { (wall::button(viewer, &format!("/account/sessions/{}/end", session.number), "End")) }
            } } }
        } }
    }
}

fn tokens_table(viewer: &Viewer, tokens: &[Token], account: &Account, now: Timestamp) -> Markup {
    html! {
        h2 { "Tokens for programs" }
        @if !tokens.is_empty() {
            div.scroll tabindex="0" { table {
                caption { (words::count(tokens.len(), "token")) " of yours" }
                thead { tr { th { "Name" } th { "May" } th { "Ends" } th { "Last used" } th { "Revoke" } } }
                tbody { @for token in tokens { tr {
                    td { (token.name) }
                    td {
                        @if token.reads_only { "read only" } @else { "read and change" }
                        @if let Some(grants) = &token.grants { (granted(grants)) }
                    }
                    td { (instant(token.expires)) @if token.expires <= now { " (over)" } }
                    td { @if let Some(used) = token.used { (instant(used)) } @else { "never" } }
                    td { (wall::button(viewer, &format!("/account/tokens/{}/revoke", token.number), "Revoke")) }
                } } }
            } }
        }
        form.tall method="post" action="/account/tokens" {
            (wall::token(viewer))
            p { label for="token-name" { "What it is for" } input #token-name name="name" required maxlength="80"; }
            p { label for="days" { "Days until it ends" }
                input #days name="days" type="number" min="1" max="366" value="90" required; }
            p { label { input type="checkbox" name="reads_only" value="yes" checked; " It may only read" } }
            @if account.grants.len() > 1 {
                fieldset {
                    legend { "What it has of yours" }
                    @for grant in &account.grants {
                        p { label {
                            input type="checkbox" name="grant" value=(grant) checked; " " (grant)
                        } }
                    }
                }
            }
            p { button { "Make a token" } }
        }
    }
}

/// An instant, in the one zone that needs no choice.
pub fn instant(at: Timestamp) -> Markup {
    words::instant(at, &jiff::tz::TimeZone::UTC)
}

/// Does something to one's own account, and shows the page again: anew if it was done, with why if not.
async fn own<E: std::fmt::Display + Send + 'static>(
    entrance: Arc<Entrance>,
    entered: Entered,
    work: impl FnOnce(&Entrance, &str, Timestamp) -> Result<(), E> + Send + 'static,
) -> Result<Response, Sorry> {
    let login = entered.session.account.login.clone();
    match entrance.ask(move |entrance, now| work(entrance, &login, now)).await? {
        Ok(()) => Ok(Redirect::to("/account").into_response()),
        Err(error) => {
            let said = Said { wrong: Some(error.to_string()), ..Said::default() };
            shown(&entrance, &entered, said).await
        }
    }
}

#[derive(Deserialize)]
struct ForParty {
    party: String,
}

/// Has the browser say from now on for which party its pages are. The door holds it against what was granted.
async fn choose_party(
    State(entrance): State<Arc<Entrance>>,
    entered: Entered,
    Form(chosen): Form<ForParty>,
) -> Result<Response, Sorry> {
    if !entered.known.parties.contains(&chosen.party) {
        return Err(Sorry::forbidden("You do not act for this party"));
    }
    let mut answer = Redirect::to("/").into_response();
    let party = cookies::set(&entrance, cookies::PARTY, &chosen.party, people::LONGEST.as_secs());
    answer.headers_mut().append(header::SET_COOKIE, party);
    Ok(answer)
}

#[derive(Deserialize)]
struct NewName {
    name: String,
}

async fn rename(
    State(entrance): State<Arc<Entrance>>,
    entered: Entered,
    Form(typed): Form<NewName>,
) -> Result<Response, Sorry> {
    own(entrance, entered, move |entrance, login, now| {
        entrance.people.rename(login, &typed.name, now)
    })
    .await
}

#[derive(Deserialize)]
struct Passwords {
    current: String,
    new: String,
}

async fn change_password(
    State(entrance): State<Arc<Entrance>>,
    entered: Entered,
    Extension(came): Extension<Came>,
    Form(typed): Form<Passwords>,
) -> Result<Response, Sorry> {
    let login = entered.session.account.login.clone();
    let changed = entrance
        .ask(move |entrance, now| {
            let people = &entrance.people;
            people.change_password(&login, &typed.current, &typed.new, now)?;
            people.open_session(&login, &came, now).map_err(people::ChangeError::from)
        })
        .await?;
    match changed {
        Ok(Some(opened)) => Ok(entrance.admitted(&opened, path_of_ours("/account"))),
        Ok(None) => Ok(Redirect::to("/login").into_response()),
        Err(error) => {
            let said = Said { wrong: Some(error.to_string()), ..Said::default() };
            shown(&entrance, &entered, said).await
        }
    }
}

async fn begin_second_factor(
    State(entrance): State<Arc<Entrance>>,
    entered: Entered,
) -> Result<Response, Sorry> {
    let login = entered.session.account.login.clone();
    let begun =
        entrance.ask(move |entrance, _| entrance.people.begin_second_factor(&login)).await?;
    let said = match begun {
        Ok(enrolment) => Said { enrolment: Some(enrolment), ..Said::default() },
        Err(error) => Said { wrong: Some(error.to_string()), ..Said::default() },
    };
    shown(&entrance, &entered, said).await
}

#[derive(Deserialize)]
struct Code {
    code: String,
}

async fn confirm_second_factor(
    State(entrance): State<Arc<Entrance>>,
    entered: Entered,
    Form(typed): Form<Code>,
) -> Result<Response, Sorry> {
    own(entrance, entered, move |entrance, login, now| {
        entrance.people.confirm_second_factor(login, &typed.code, now)
    })
    .await
}

async fn leave_second_factor(
    State(entrance): State<Arc<Entrance>>,
    entered: Entered,
    Form(typed): Form<Code>,
) -> Result<Response, Sorry> {
    own(entrance, entered, move |entrance, login, now| {
        entrance.people.leave_second_factor(login, &typed.code, now)
    })
    .await
}

async fn end_session(
    State(entrance): State<Arc<Entrance>>,
    entered: Entered,
    Path(number): Path<i64>,
) -> Result<Response, Sorry> {
    own(entrance, entered, move |entrance, login, now| {
        entrance.people.end_session(login, number, login, now)
    })
    .await
}

async fn make_token(
    State(entrance): State<Arc<Entrance>>,
    entered: Entered,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Sorry> {
    let first =
        |name: &str| fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    let name = first("name").unwrap_or_default();
    let days = first("days").and_then(|days| days.parse::<i64>().ok()).unwrap_or(0);
    let days = SignedDuration::from_hours(24 * days.clamp(0, 10_000));
    let reads_only = first("reads_only").is_some();
    let own = &entered.session.account.grants;
    let is_chosen = |grant: &&Grant| {
        fields.iter().any(|(name, value)| name == "grant" && *value == grant.to_string())
    };
    let chosen: Vec<Grant> = own.iter().filter(is_chosen).cloned().collect();
    // One grant is not asked about; all of several are what the account has, whatever it will have.
    let chosen = (own.len() > 1 && chosen.len() < own.len()).then_some(chosen);
    let login = entered.session.account.login.clone();
    let made = entrance
        .ask(move |entrance, now| {
            let expires = now.checked_add(days).unwrap_or(Timestamp::MAX);
            let new = NewToken { name: &name, reads_only, grants: chosen.as_deref(), expires };
            entrance.people.make_token(&login, &new, now)
        })
        .await?;
    let said = match made {
        Ok(token) => Said { token: Some(token), ..Said::default() },
        Err(error) => Said { wrong: Some(error.to_string()), ..Said::default() },
    };
    shown(&entrance, &entered, said).await
}

async fn revoke_token(
    State(entrance): State<Arc<Entrance>>,
    entered: Entered,
    Path(number): Path<i64>,
) -> Result<Response, Sorry> {
    own(entrance, entered, move |entrance, login, now| {
        entrance.people.revoke_token(login, number, login, now)
    })
    .await
}
