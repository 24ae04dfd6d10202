//! The entrance: how somebody comes in, and what they keep of their own.
//!
//! In comes a request; out it goes to the rooms with who sent it, or back to whoever sent it with a form to fill
//! in. Whether somebody is let in is said by `people`, and what they may do by `access`; here are the cookies,
//! the forms and the words. Nothing is changed by a request that another site made a browser send.
//!
//! Read in this order: `door` (every request passes it), `login`, `first` (set-up and invitations), `vouched`
//! (OpenID Connect), `account`.

mod account;
mod cookies;
mod door;
mod first;
mod login;
mod vouched;
pub mod wall;

use std::sync::Arc;

use access::Access;
use axum::Router;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use jiff::Timestamp;
use people::openid::Provider;
use people::{Opened, People};
use shell::workspace::Clock;

use crate::desk::Desk;
use crate::pages;
use crate::seen::{self, Login};
use crate::server::Sorry;

pub use account::{granted, instant};
pub use door::{Entered, FORM_TOKEN, FORM_TOKEN_HEADER, Known, to_the_login};

/// What the entrance needs to let people in.
pub struct Entrance {
    /// Who may come in.
    pub people: People,
    /// Who may do what.
    pub access: Arc<Access>,
    /// Who else vouches for people.
    pub provider: Option<Provider>,
    /// The workspace, for the names of its agreements and parties.
    pub desk: Desk,
    /// What time it is.
    pub clock: Clock,
    /// How people reach the server, without a path: `https://charter.example`.
    pub origin: String,
    /// Whether a proxy on this machine stands before the server, and says who asks.
    pub is_behind_a_proxy: bool,
}

impl Entrance {
    /// Does work that waits for the disk, or takes a processor's time.
    pub(crate) async fn ask<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Entrance, Timestamp) -> T + Send + 'static,
    ) -> Result<T, Sorry> {
        let entrance = self.clone();
        let asked = tokio::task::spawn_blocking(move || work(&entrance, entrance.clock.read()));
        asked.await.map_err(|_| Sorry::defect("the entrance came to a defect"))
    }

    fn is_secure(&self) -> bool {
        self.origin.starts_with("https://")
    }

    /// Lets a browser in with a session that was opened, and sends it on.
    fn admitted(&self, opened: &Opened, to: &str) -> Response {
        seen::login(Login::LetIn);
        let mut answer = Redirect::to(to).into_response();
        let seconds = people::LONGEST.as_secs();
        let session = cookies::set(self, cookies::SESSION, opened.id.reveal(), seconds);
        answer.headers_mut().append(header::SET_COOKIE, session);
        answer.headers_mut().append(header::SET_COOKIE, cookies::forget(self, cookies::HALF));
        answer
    }
}

/// Rooms with the entrance around them. Every request passes the door, whatever it asks for.
pub fn around(entrance: Arc<Entrance>, rooms: Router) -> Router {
    let own = Router::new()
        .route("/login", get(login::page).post(login::enter))
        .route("/login/code", get(login::code_page).post(login::give_code))
        .route("/login/openid", get(vouched::depart))
        .route("/login/openid/return", get(vouched::arrive))
        .route("/logout", post(login::leave))
        .route("/set-up/{token}", get(first::set_up_page).post(first::set_up))
        .route("/invitation/{secret}", get(first::invitation_page).post(first::accept))
        .merge(account::routes())
        .merge(pages::of_the_entrance())
        .with_state(entrance.clone());
    rooms.merge(own).layer(from_fn_with_state(entrance, door::door))
}

/// A page for whoever is not in yet, with a status.
fn outside(status: StatusCode, title: &str, body: maud::Markup) -> Response {
    let body = maud::html! { main #main { h1 { (title) } (body) } };
    let page = crate::frame::document(title, &body).into_string();
    (status, axum::response::Html(page)).into_response()
}

/// How long to wait, where an answer says so.
fn retry_after(mut answer: Response, seconds: i64) -> Response {
    answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    answer
}
