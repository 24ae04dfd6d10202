//! Which upstream a stored object is asked for at, and whether this key may.

use hyper::Method;
use hyper::http::request::Parts;

use crate::attempt::Call;
use crate::refusal::Problem;
use crate::route::Endpoint;

/// The upstream an object lives at; `None` if it was not made through this gateway, and there is
/// nobody else whose it could be.
///
/// # Errors
/// It is another customer's, may be, or lives where the settings know nothing of any more.
pub(super) fn of(call: &Call, id: &str) -> Result<Option<usize>, Problem> {
    let wired = &call.world.wired;
    let none = || Problem::NoSuchObject(id.to_string());
    match call.worker.shared.homes.find(id) {
        Some(home) if home.customer == call.key.customer => {
            let mut upstreams = wired.wiring.upstreams.iter();
            upstreams.position(|upstream| upstream.name == home.upstream).map(Some).ok_or_else(none)
        }
        Some(_) => Err(none()),
        None if wired.ring.is_of_one_customer() => Ok(None),
        None => Err(none()),
    }
}

/// Whether this key may see a list.
///
/// # Errors
/// There are several customers, whose objects would be in it.
pub(super) fn may_list(call: &Call, parts: &Parts) -> Result<(), Problem> {
    let lists = parts.method == Method::GET && matches!(call.endpoint, Endpoint::Stored(_));
    match lists && !call.world.wired.ring.is_of_one_customer() {
        true => Err(Problem::Shared),
        false => Ok(()),
    }
}
