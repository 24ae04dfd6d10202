//! The first page that somebody sees: the link of the set-up, or of an invitation.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use maud::html;
use people::{Came, InvitationError, MakeError, SetUpError};
use serde::Deserialize;

use super::{Entrance, outside, wall};
use crate::server::Sorry;

/// What is typed into either form.
#[derive(Deserialize)]
pub struct Typed {
    #[serde(default)]
    login: String,
    #[serde(default)]
    name: String,
    password: String,
}

/// How the first operator's account is made.
pub async fn set_up_page(
    State(entrance): State<Arc<Entrance>>,
    Path(token): Path<String>,
) -> Result<Response, Sorry> {
    let asked =
        entrance.ask(move |entrance, now| entrance.people.may_set_up(&token, now)).await??;
    Ok(if asked {
        set_up_shown(StatusCode::OK, "", "", None)
    } else {
        void(&SetUpError::Void.to_string())
    })
}

fn set_up_shown(status: StatusCode, login: &str, name: &str, wrong: Option<&str>) -> Response {
    let body = html! {
        p { "You are the first here. This account keeps the server and invites everybody else." }
        (wall::wrong(wrong))
        form.tall method="post" {
            p { label for="login" { "E-mail address or login" }
                input #login name="login" autocomplete="username" required autofocus value=(login); }
            p { label for="name" { "Your name" } input #name name="name" autocomplete="name" value=(name); }
            (wall::password("password", "Password", "new-password"))
            p { button { "Make the account" } }
        }
    };
    outside(status, "Set up", body)
}

/// Makes the first operator's account, and lets them in.
pub async fn set_up(
    State(entrance): State<Arc<Entrance>>,
    Extension(came): Extension<Came>,
    Path(token): Path<String>,
    Form(typed): Form<Typed>,
) -> Result<Response, Sorry> {
    let Typed { login, name, password } = typed;
    let (of_login, of_name) = (login.clone(), name.clone());
    let made = entrance
        .ask(move |entrance, now| {
            let people = &entrance.people;
            let account = people.set_up(&token, &login, &name, &password, now)?;
            let opened =
                people.open_session(&account.login, &came, now).map_err(MakeError::from)?;
            Ok::<_, SetUpError>(opened)
        })
        .await?;
    match made {
        Ok(Some(opened)) => Ok(entrance.admitted(&opened, "/people")),
        Ok(None) => Err(Sorry::forbidden("the account lets nobody in")),
        Err(SetUpError::Account(MakeError::Storage(error))) => Err(error.into()),
        Err(error @ SetUpError::Void) => Ok(void(&error.to_string())),
        Err(error) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(set_up_shown(status, &of_login, &of_name, Some(&error.to_string())))
        }
    }
}

/// What an invitation offers.
pub async fn invitation_page(
    State(entrance): State<Arc<Entrance>>,
    Path(secret): Path<String>,
) -> Result<Response, Sorry> {
    invitation_shown(&entrance, secret, StatusCode::OK, "", None).await
}

async fn invitation_shown(
    entrance: &Arc<Entrance>,
    secret: String,
    status: StatusCode,
    name: &str,
    wrong: Option<&str>,
) -> Result<Response, Sorry> {
    let offered =
        entrance.ask(move |entrance, now| entrance.people.offered(&secret, now)).await??;
    let Some(offered) = offered else { return Ok(void(&InvitationError::Void.to_string())) };
    let title = if offered.renews { "Choose a new password" } else { "You are invited" };
    let body = html! {
        p { "Your login is " strong { (offered.login) } "." }
        @if !offered.grants.is_empty() {
            p { "You will be:" }
            ul { @for grant in &offered.grants { li { (grant) } } }
        }
        (wall::wrong(wrong))
        form.tall method="post" {
            input type="hidden" name="username" autocomplete="username" value=(offered.login);
            @if !offered.renews {
                p { label for="name" { "Your name" } input #name name="name" autocomplete="name" value=(name); }
            }
            (wall::password("password", "Password", "new-password"))
            p { button { "Come in" } }
        }
    };
    Ok(outside(status, title, body))
}

/// Takes an invitation up, and lets them in, unless a second factor is to be shown first.
pub async fn accept(
    State(entrance): State<Arc<Entrance>>,
    Extension(came): Extension<Came>,
    Path(secret): Path<String>,
    Form(typed): Form<Typed>,
) -> Result<Response, Sorry> {
    let Typed { name, password, .. } = typed;
    let (of_name, of_secret) = (name.clone(), secret.clone());
    let made = entrance
        .ask(move |entrance, now| {
            let people = &entrance.people;
            let account = people.accept(&of_secret, &of_name, &password, now)?;
            // A link that was left somewhere does not do for the device that was not.
            if account.has_second_factor {
                return Ok(None);
            }
            people.open_session(&account.login, &came, now).map_err(InvitationError::from)
        })
        .await?;
    match made {
        Ok(Some(opened)) => Ok(entrance.admitted(&opened, "/")),
        Ok(None) => {
            Ok(axum::response::IntoResponse::into_response(axum::response::Redirect::to("/login")))
        }
        Err(InvitationError::Account(MakeError::Storage(error))) => Err(error.into()),
        Err(error) => {
            let (status, why) = (StatusCode::UNPROCESSABLE_ENTITY, error.to_string());
            invitation_shown(&entrance, secret, status, &name, Some(&why)).await
        }
    }
}

fn void(why: &str) -> Response {
    outside(StatusCode::NOT_FOUND, "This link does not count", html! { p { (why) } })
}
