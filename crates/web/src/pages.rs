//! The pages, one file an area: each reads what it shows in the [`crate::desk::Room`] and draws it.

mod access;
mod act;
mod agreement;
mod ask;
mod date;
mod home;
mod journal;
mod keys;
mod ledger;
mod people;
mod position;
mod sourcing;
mod statements;
mod traffic;

use std::sync::Arc;

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use maud::html;
use shell::outcome::Failure;

use crate::api::Api;
use crate::desk::Room;
use crate::entrance::Entrance;
use crate::frame::Page;
use crate::server::{App, Sorry};
use crate::viewer::Viewer;

/// The addresses of the areas.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/", get(home::page))
        .route("/agreement", get(agreement::page))
        .route("/agreement/changes", get(agreement::changes::page))
        .route("/ask", get(ask::page))
        .route("/sourcing/lots", get(sourcing::lots))
        .route("/sourcing/timeline", get(sourcing::timeline::page))
        .route("/sourcing/{case}", get(sourcing::case))
        .route("/statements/{month}/calls", get(statements::calls::page))
        .route("/statements/{month}/calls/{id}", get(statements::calls::one))
        .route("/ledger", get(ledger::page))
        .route("/position", get(position::page))
        .route("/journal", get(journal::page))
        .route("/journal/{position}", get(journal::event))
        .route("/traffic", get(traffic::page))
        .route("/keys", get(keys::page))
}

/// The addresses of what is about people rather than about agreements.
pub fn of_the_entrance() -> Router<Arc<Entrance>> {
    people::routes().route("/access", get(access::page))
}

/// Forms for commands, what commands write, and pages that offer a command to whoever may run it.
pub fn of_commands(api: Api) -> Router {
    Router::new()
        .route("/do", get(act::all))
        .route("/sourcing", get(sourcing::board))
        .route("/do/{verb}", get(act::form).post(act::send))
        .route("/statements", get(statements::list))
        .route("/statements/{month}", get(statements::month))
        .route("/statements/{month}/compare", get(statements::compare::page))
        .route("/statements/{month}/download", get(statements::download))
        .with_state(api)
}

/// Makes a page in a room, for somebody who may open its area.
async fn shown(
    app: App,
    viewer: Viewer,
    area: &'static str,
    draw: impl FnOnce(&Room, &Viewer) -> Result<Page, Failure> + Send + 'static,
) -> Result<Response, Sorry> {
    if !viewer.may_open(area) {
        return Err(Sorry::forbidden(format!("Your role does not open the area “{area}”")));
    }
    let whose = viewer.clone();
    let draw = move |room: &Room| match draw(room, &whose) {
        Err(_) if room.workspace.adoptions()?.is_empty() => Ok(nothing_yet(area)),
        drawn => drawn,
    };
    let page = app.desk.read(viewer.asker(), draw).await?;
    Ok(page.shown_to(&viewer))
}

/// What an area shows that is about an agreement, before there is one.
fn nothing_yet(area: &'static str) -> Page {
    let body = html! {
        h1 { "Nothing is adopted yet" }
        p { "This is about an agreement, and none has been let in. " a href="/" { "The home page says how one gets in." } }
    };
    Page::live(area, "Nothing is adopted yet", body)
}
