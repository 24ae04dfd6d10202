//! People: accounts with what was granted to them, invitations, and what happened to them.

use std::sync::Arc;

use access::{Action, Area, Grant, Verb};
use axum::Router;
use axum::extract::{Form, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use jiff::Timestamp;
use maud::{Markup, html};
use people::{Account, Entry, Invitation, Invited};
use serde::Deserialize;
use shell::workspace::Asker;

use crate::entrance::{Entered, Entrance, granted, instant, wall};
use crate::frame::Page;
use crate::server::Sorry;
use crate::viewer::Viewer;
use crate::words;

/// How many entries of the log a page shows.
const MANY: usize = 100;

/// The addresses below `/people`.
pub fn routes() -> Router<Arc<Entrance>> {
    Router::new()
        .route("/people", get(page))
        .route("/people/invitations", post(invite))
        .route("/people/invitations/{number}/withdraw", post(withdraw))
        .route("/people/{login}/grants", post(grant))
        .route("/people/{login}/{change}", post(change))
}

/// From which entry of the log on.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct From {
    before: Option<i64>,
}

/// What the workspace has names for.
struct Names {
    agreements: Vec<String>,
    parties: Vec<String>,
}

async fn page(
    State(entrance): State<Arc<Entrance>>,
    entered: Entered,
    Query(from): Query<From>,
) -> Result<Response, Sorry> {
    shown(&entrance, &entered, from.before, html! {}).await
}

async fn shown(
    entrance: &Arc<Entrance>,
    entered: &Entered,
    before: Option<i64>,
    said: Markup,
) -> Result<Response, Sorry> {
    entered.known.may(entrance, Action::Read(Area::People))?;
    let may_change = entered.known.may(entrance, Action::Do(Verb::People)).is_ok();
    let (accounts, invitations, log) = entrance
        .ask(move |entrance, now| {
            let people = &entrance.people;
            let log = people.log(before, MANY)?;
            Ok::<_, people::StorageError>((people.accounts()?, people.invitations(now)?, log))
        })
        .await??;
    let names = names(entrance).await?;
    let viewer = &entered.known.viewer;
    let body = html! {
        h1 { "People" }
        (said)
        @for account in &accounts { (of_account(viewer, account, may_change, &names)) }
        @if may_change { (invitation_form(viewer, &names)) }
        (invitations_table(viewer, &invitations, may_change))
        (log_table(&log))
    };
    Ok(Page::still("people", "People", body).shown_to(viewer))
}

fn of_account(viewer: &Viewer, account: &Account, may_change: bool, names: &Names) -> Markup {
    let address = format!("/people/{}", account.login);
    html! {
        section.card id={ "account-" (account.login) } {
            h2 { (account.name) " " span.quiet.small { (account.login) }
                @if account.disabled { " " span.tag.bad { "disabled" } } }
            p.small.quiet {
                @if account.has_password { "password" } @else { "by the organisation’s account" }
                @if account.has_second_factor { ", second factor" }
                ", since " (instant(account.made))
            }
            (granted(&account.grants))
            @if may_change {
                details id={ "change-" (account.login) } {
                    summary { "Change" }
                    form.tall method="post" action={ (address) "/grants" } {
                        (wall::token(viewer))
                        @for grant in &account.grants {
                            p { label {
                                input type="checkbox" name="keep" value=(grant) checked; " " (grant)
                            } }
                        }
                        fieldset {
                            legend { "Another role" }
                            (wall::grant(&format!("-{}", account.login), &names.agreements, &names.parties))
                        }
                        p { button { "Grant" } }
                    }
                    @if account.disabled { (wall::button(viewer, &format!("{address}/enable"), "Let in again")) }
                    @else { (wall::button(viewer, &format!("{address}/disable"), "Disable, and end all sessions")) }
                    (wall::button(viewer, &format!("{address}/invite"), "Make a link for a new password"))
                    @if account.has_second_factor {
                        (wall::button(viewer, &format!("{address}/second-factor"), "Take the second factor away"))
                    }
                }
            }
        }
    }
}

fn invitation_form(viewer: &Viewer, names: &Names) -> Markup {
    html! {
        h2 #invite { "Invite somebody" }
        form.tall method="post" action="/people/invitations" {
            (wall::token(viewer))
            p { label for="login" { "E-mail address or login" } input #login name="login" required; }
            (wall::grant("", &names.agreements, &names.parties))
            p { button { "Make a link" } }
        }
    }
}

fn invitations_table(viewer: &Viewer, invitations: &[Invitation], may_change: bool) -> Markup {
    html! {
        @if !invitations.is_empty() {
            h2 { "Invitations" }
            div.scroll tabindex="0" { table {
                caption { (words::count(invitations.len(), "invitation")) " that nobody has taken up" }
                thead { tr { th { "For" } th { "Roles" } th { "By" } th { "Ends" }
                    @if may_change { th { "Withdraw" } } } }
                tbody { @for invitation in invitations { tr {
                    td { (invitation.login) }
                    td { (granted(&invitation.grants)) }
                    td { (invitation.made_by) }
                    td { (instant(invitation.expires)) }
                    @if may_change { td {
                        @let address = format!("/people/invitations/{}/withdraw", invitation.number);
                        (wall::button(viewer, &address, "Withdraw"))
                    } }
                } } }
            } }
        }
    }
}

fn log_table(log: &[Entry]) -> Markup {
    html! {
        h2 { "What happened" }
        div.scroll tabindex="0" { table {
            caption { "Latest first" }
            thead { tr { th { "When" } th { "What" } th { "Account" } th { "By" } th { "Detail" } } }
            tbody { @for entry in log { tr {
                td { (instant(entry.at)) }
                td { (entry.kind) }
                td { (entry.login.as_deref().unwrap_or("unknown")) }
                td { (entry.actor.as_deref().unwrap_or("unknown")) }
                td { (entry.detail) }
            } } }
        } }
        @if log.len() == MANY && let Some(last) = log.last() {
            p { a href={ "/people?before=" (last.number) } { "Earlier" } }
        }
    }
}

async fn names(entrance: &Arc<Entrance>) -> Result<Names, Sorry> {
    let names = entrance.desk.read(Asker::Machine, |room| {
        let of = |terms: &terms::Terms| Names {
            agreements: terms.agreements().map(|agreement| agreement.name.to_string()).collect(),
            parties: terms.registry.parties.keys().map(ToString::to_string).collect(),
        };
        // Before anything is adopted, whoever is to adopt it has a party that the documents name.
        match room.terms() {
            Ok(terms) => Ok(of(&terms)),
            Err(_) => Ok(of(&room.workspace.read_terms()?.terms)),
        }
    });
    Ok(names.await?)
}

/// The link of an invitation, shown this once.
fn link(entrance: &Entrance, invited: &Invited, login: &str) -> Markup {
    let address = format!("{}/invitation/{}", entrance.origin, invited.secret.reveal());
    html! {
        div.note role="status" {
            p { "This link is for " strong { (login) } ", counts once, until " (instant(invited.expires)) ", and is \
                 not shown again:" }
            pre tabindex="0" { (address) }
        }
    }
}

/// Whether it was done; what is said above the page otherwise.
type Done = Result<Option<Invited>, String>;

/// Does something to an account, and shows the page again: with a link, with why not, or anew.
async fn operate(
    entrance: Arc<Entrance>,
    entered: Entered,
    login: String,
    work: impl FnOnce(&Entrance, &str, &str, Timestamp) -> Done + Send + 'static,
) -> Result<Response, Sorry> {
    entered.known.may(&entrance, Action::Do(Verb::People))?;
    let actor = entered.session.account.login.clone();
    let whose = login.clone();
    let done = entrance.ask(move |entrance, now| work(entrance, &whose, &actor, now)).await?;
    match done {
        Ok(None) => Ok(Redirect::to("/people").into_response()),
        Ok(Some(invited)) => {
            let said = link(&entrance, &invited, &login);
            shown(&entrance, &entered, None, said).await
        }
        Err(why) => {
            let said = wall::wrong(Some(&why));
            let mut answer = shown(&entrance, &entered, None, said).await?;
            *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(answer)
        }
    }
}

async fn invite(
    State(entrance): State<Arc<Entrance>>,
    entered: Entered,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Sorry> {
    let login = field(&fields, "login").unwrap_or_default().trim().to_lowercase();
    let grants = chosen(&fields);
    operate(entrance, entered, login, move |entrance, login, actor, now| {
        let invited = entrance.people.invite(login, &grants?, actor, now);
        invited.map(Some).map_err(|error| error.to_string())
    })
    .await
}

async fn withdraw(
    State(entrance): State<Arc<Entrance>>,
    entered: Entered,
    Path(number): Path<i64>,
) -> Result<Response, Sorry> {
    operate(entrance, entered, String::new(), move |entrance, _, actor, now| {
        let done = entrance.people.withdraw_invitation(number, actor, now);
        done.map(|()| None).map_err(|error| error.to_string())
    })
    .await
}

async fn grant(
    State(entrance): State<Arc<Entrance>>,
    entered: Entered,
    Path(login): Path<String>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Sorry> {
    operate(entrance, entered, login, move |entrance, login, actor, now| {
        let known = entrance.people.account(login).map_err(|error| error.to_string())?;
        let had = known.map(|account| account.grants).unwrap_or_default();
        let is_kept = |grant: &Grant| {
            fields.iter().any(|(name, value)| name == "keep" && *value == grant.to_string())
        };
        let mut grants: Vec<Grant> = had.into_iter().filter(is_kept).collect();
        grants.extend(chosen(&fields)?);
        grants.sort();
        grants.dedup();
        let done = entrance.people.grant(login, &grants, actor, now);
        done.map(|()| None).map_err(|error| error.to_string())
    })
    .await
}

async fn change(
    State(entrance): State<Arc<Entrance>>,
    entered: Entered,
    Path((login, change)): Path<(String, String)>,
) -> Result<Response, Sorry> {
    if !["disable", "enable", "invite", "second-factor"].contains(&change.as_str()) {
        return Err(Sorry::absent("There is no such page"));
    }
    operate(entrance, entered, login, move |entrance, login, actor, now| {
        let people = &entrance.people;
        let done = match change.as_str() {
            "disable" => people.disable(login, actor, now),
            "enable" => people.enable(login, actor, now),
            "second-factor" => people.drop_second_factor(login, actor, now),
            _ => {
                let invited = people.invite_again(login, actor, now);
                return invited.map(Some).map_err(|error| error.to_string());
            }
        };
        done.map(|()| None).map_err(|error| error.to_string())
    })
    .await
}

fn field<'f>(fields: &'f [(String, String)], name: &str) -> Option<&'f str> {
    fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// The grant that was chosen in a form, if one was.
fn chosen(fields: &[(String, String)]) -> Result<Vec<Grant>, String> {
    let some = |name| field(fields, name).filter(|value| !value.is_empty());
    let Some(role) = some("role") else { return Ok(Vec::new()) };
    let role = role.parse().map_err(|error: access::UnknownRole| error.to_string())?;
    let (agreement, party) = (some("agreement"), some("party"));
    Ok(vec![Grant {
        agreement: agreement.map(str::to_owned),
        role,
        party: party.map(str::to_owned),
    }])
}
