//! Login and password, then the code of a second factor where there is one; and out again.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use people::openid::path_of_ours;
use people::{Came, LogIn, LoginError};
use serde::Deserialize;

use super::{Entered, Entrance, cookies, outside, retry_after, wall};
use crate::seen::{self, Login};
use crate::server::Sorry;

/// Where somebody wanted to go.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Wanted {
    to: String,
}

impl Wanted {
    /// The path, as it was given.
    pub fn to(&self) -> &str {
        &self.to
    }
}

/// What is typed into the first form.
#[derive(Deserialize)]
pub struct Typed {
    login: String,
    password: String,
    #[serde(default)]
    to: String,
}

/// What is typed into the second.
#[derive(Deserialize)]
pub struct Code {
    code: String,
    #[serde(default)]
    to: String,
}

/// The first form.
pub async fn page(
    State(entrance): State<Arc<Entrance>>,
    entered: Option<Extension<Entered>>,
    Query(wanted): Query<Wanted>,
) -> Response {
    if entered.is_some() {
        return Redirect::to(path_of_ours(&wanted.to)).into_response();
    }
    shown(&entrance, StatusCode::OK, &wanted.to, "", None)
}

fn shown(
    entrance: &Entrance,
    status: StatusCode,
    to: &str,
    login: &str,
    wrong: Option<&str>,
) -> Response {
    let body = html! {
        (wall::wrong(wrong))
        form.tall method="post" action="/login" {
            input type="hidden" name="to" value=(to);
            p { label for="login" { "E-mail address or login" }
                input #login name="login" autocomplete="username" required autofocus value=(login); }
            (wall::password("password", "Password", "current-password"))
            p { button { "Log in" } }
        }
        @if entrance.provider.is_some() {
            p { a.button href=(format!("/login/openid?{}", wall::query("to", to))) {
                "Log in with your organisation’s account"
            } }
        }
        p.quiet { "No account yet? An operator of this server invites you." }
    };
    outside(status, "Log in", body)
}

/// Lets somebody in who knows a login and its password.
pub async fn enter(
    State(entrance): State<Arc<Entrance>>,
    Extension(came): Extension<Came>,
    Form(typed): Form<Typed>,
) -> Result<Response, Sorry> {
    let Typed { login, password, to } = typed;
    let known = login.clone();
    let came_in = entrance
        .ask(move |entrance, now| entrance.people.log_in(&known, &password, &came, now))
        .await?;
    Ok(match came_in {
        Ok(LogIn::In(opened)) => entrance.admitted(&opened, path_of_ours(&to)),
        Ok(LogIn::CodeNeeded(opened)) => {
            let next = format!("/login/code?{}", wall::query("to", &to));
            let mut answer = Redirect::to(&next).into_response();
            let half = cookies::set(&entrance, cookies::HALF, opened.id.reveal(), 300);
            answer.headers_mut().append(header::SET_COOKIE, half);
            answer
        }
        Err(error) => {
            refused(error, |status, why| shown(&entrance, status, &to, &login, Some(why)))?
        }
    })
}

/// The second form.
pub async fn code_page(Query(wanted): Query<Wanted>) -> Response {
    code_shown(StatusCode::OK, &wanted.to, None)
}

fn code_shown(status: StatusCode, to: &str, wrong: Option<&str>) -> Response {
    let body: Markup = html! {
        (wall::wrong(wrong))
        form.tall method="post" action="/login/code" {
            input type="hidden" name="to" value=(to);
            (wall::code())
            p { button { "Go on" } }
        }
        p { a href="/login" { "Begin again" } }
    };
    outside(status, "Code of the second factor", body)
}

/// Lets somebody in who has the code, too.
pub async fn give_code(
    State(entrance): State<Arc<Entrance>>,
    Extension(came): Extension<Came>,
    headers: HeaderMap,
    Form(typed): Form<Code>,
) -> Result<Response, Sorry> {
    let Code { code, to } = typed;
    let half = cookies::shown(&entrance, &headers, cookies::HALF).unwrap_or_default().to_owned();
    let came_in = entrance
        .ask(move |entrance, now| entrance.people.give_code(&half, &code, &came, now))
        .await?;
    match came_in {
        Ok(opened) => Ok(entrance.admitted(&opened, path_of_ours(&to))),
        Err(error) => refused(error, |status, why| code_shown(status, &to, Some(why))),
    }
}

/// Ends the session.
pub async fn leave(
    State(entrance): State<Arc<Entrance>>,
    headers: HeaderMap,
) -> Result<Response, Sorry> {
    let session = cookies::shown(&entrance, &headers, cookies::SESSION).map(str::to_owned);
    if let Some(session) = session {
        entrance.ask(move |entrance, now| entrance.people.log_out(&session, now)).await??;
    }
    let mut answer = Redirect::to("/login").into_response();
    answer.headers_mut().append(header::SET_COOKIE, cookies::forget(&entrance, cookies::SESSION));
    Ok(answer)
}

fn refused(
    error: LoginError,
    show: impl FnOnce(StatusCode, &str) -> Response,
) -> Result<Response, Sorry> {
    let why = error.to_string();
    if !matches!(error, LoginError::Storage(_)) {
        seen::login(Login::Refused);
    }
    Ok(match error {
        LoginError::TooMany(seconds) => {
            retry_after(show(StatusCode::TOO_MANY_REQUESTS, &why), seconds)
        }
        LoginError::Storage(error) => return Err(error.into()),
        _ => show(StatusCode::UNAUTHORIZED, &why),
    })
}
