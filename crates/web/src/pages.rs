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
        .route("/agreement/changes", get(agreement::changes))
        .route("/ask", get(ask::page))
        .route("/sourcing", get(sourcing::board))
        .route("/sourcing/lots", get(sourcing::lots))
        .route("/sourcing/{case}", get(sourcing::case))
        .route("/statements", get(statements::list))
        .route("/statements/{month}", get(statements::month))
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

/// Forms for commands, and what commands write.
pub fn of_commands(api: Api) -> Router {
    Router::new()
        .route("/do/{verb}", get(act::form).post(act::send))
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
    let page = app.desk.read(viewer.asker(), move |room| draw(room, &whose)).await?;
    Ok(page.shown_to(&viewer))
}
