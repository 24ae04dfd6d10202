//! To an OpenID provider, and back with its word.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use maud::html;
use people::Came;
use people::openid::{OpenIdError, Provider, Return};
use serde::Deserialize;

use super::login::Wanted;
use super::{Entrance, cookies, outside, wall};
use crate::seen::{self, Login};
use crate::server::Sorry;

/// What a provider sends somebody back with.
#[derive(Deserialize)]
pub struct Returned {
    #[serde(default)]
    state: String,
    #[serde(default)]
    code: String,
    iss: Option<String>,
    error: Option<String>,
}

/// Sends a browser to the provider.
pub async fn depart(
    State(entrance): State<Arc<Entrance>>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Sorry> {
    let provider = provider(&entrance)?;
    let now = entrance.clock.read();
    match provider.depart(&entrance.people, wanted.to(), now).await {
        Ok(departure) => {
            let mut answer = Redirect::to(&departure.address).into_response();
            let state = cookies::set(&entrance, cookies::STATE, departure.state.reveal(), 600);
            answer.headers_mut().append(header::SET_COOKIE, state);
            Ok(answer)
        }
        Err(error) => refused(error),
    }
}

/// Lets a browser in that returns from the provider.
pub async fn arrive(
    State(entrance): State<Arc<Entrance>>,
    Extension(came): Extension<Came>,
    headers: HeaderMap,
    Query(returned): Query<Returned>,
) -> Result<Response, Sorry> {
    let provider = provider(&entrance)?;
    if returned.error.is_some() {
        // What it says is not shown: anybody can write it into a link.
        return refused(OpenIdError::Untrue("it let nobody through".to_owned()));
    }
    let kept = cookies::shown(&entrance, &headers, cookies::STATE).unwrap_or_default();
    let returns = Return {
        state: &returned.state,
        kept,
        code: &returned.code,
        issuer: returned.iss.as_deref(),
    };
    let now = entrance.clock.read();
    let arrived = match provider.arrive(&entrance.people, &returns, now).await {
        Ok(arrived) => arrived,
        Err(error) => return refused(error),
    };
    let login = arrived.account.login;
    let opened = entrance
        .ask(move |entrance, now| entrance.people.open_session(&login, &came, now))
        .await??;
    let Some(opened) = opened else { return refused(OpenIdError::NotAllowed) };
    let mut answer = entrance.admitted(&opened, &arrived.return_to);
    answer.headers_mut().append(header::SET_COOKIE, cookies::forget(&entrance, cookies::STATE));
    Ok(answer)
}

fn provider(entrance: &Entrance) -> Result<&Provider, Sorry> {
    let none = || Sorry::absent("Nobody else vouches for people here");
    entrance.provider.as_ref().ok_or_else(none)
}

fn refused(error: OpenIdError) -> Result<Response, Sorry> {
    seen::login(Login::Refused);
    let status = match error {
        OpenIdError::Storage(error) => return Err(error.into()),
        OpenIdError::Provider { .. } | OpenIdError::Settings(_) => StatusCode::BAD_GATEWAY,
        _ => StatusCode::FORBIDDEN,
    };
    let body = html! {
        (wall::wrong(Some(&error.to_string())))
        p { a href="/login" { "To the login" } }
    };
    Ok(outside(status, "You are not in", body))
}
