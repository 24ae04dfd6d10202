//! A server over the worked example, with a door that knows its people by name.

use std::path::Path;
use std::sync::Arc;

use access::{Access, Grant, Person, Role};
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{Response, header};
use axum::middleware::{Next, from_fn};
use clap::FromArgMatches;
use http_body_util::BodyExt;
use serde_json::Value;
use shell::workspace::Clock;
use tempfile::TempDir;
use terms::Name;
use tower::ServiceExt;
use web::api::{self, gate::Policies};
use web::desk::Desk;
use web::entrance::Known;
use web::live::News;
use web::server::App;
use web::viewer::Viewer;

/// Everybody there is: whoever shows a name as a token is let in under it.
pub const PEOPLE: [(&str, Role, Option<&str>); 9] = [
    ("lab", Role::Lab, Some("openai")),
    ("holder", Role::Holder, Some("microsoft")),
    ("oracle", Role::Bidder, Some("oracle")),
    ("amazon", Role::Bidder, Some("amazon")),
    ("funder", Role::Funder, Some("softbank")),
    ("product", Role::Product, None),
    ("observer", Role::Observer, None),
    ("auditor", Role::Auditor, None),
    ("operator", Role::Operator, None),
];

/// A moment in which the right of first refusal of the example holds.
const THEN: &str = "2025-02-03T12:00:00-08:00";

/// A server, and the folder of its workspace.
pub struct Server {
    pub router: Router,
    pub desk: Desk,
    pub folder: TempDir,
}

/// What was answered.
pub struct Answer {
    pub status: u16,
    pub headers: axum::http::HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }
}

impl Server {
    /// Over the worked example, adopted.
    pub fn open() -> Server {
        let folder = tempfile::tempdir().unwrap();
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/microsoft-openai");
        for entry in std::fs::read_dir(example).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                std::fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
            }
        }
        let clock = Clock::Machine;
        // A command waits for what it does, which nobody may within a runtime.
        let path = folder.path().to_path_buf();
        let desk = std::thread::spawn(move || adopted(&path, clock)).join().unwrap();
        let news = News::of(folder.path().to_path_buf(), clock, desk.clone()).unwrap();
        let gate = Arc::new(Policies(Arc::new(Access::load().unwrap())));
        let app = App { desk: desk.clone(), news };
        let router = api::open().merge(api::routes(app, gate)).layer(from_fn(door));
        Server { router, desk, folder }
    }

    pub async fn send(&self, request: Request) -> Answer {
        let answer: Response<Body> = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    pub async fn get(&self, who: &str, path: &str) -> Answer {
        self.send(asks(who, path).body(Body::empty()).unwrap()).await
    }

    pub async fn post(&self, who: &str, path: &str, body: Value) -> Answer {
        self.post_under(who, path, body, None).await
    }

    pub async fn post_under(
        &self,
        who: &str,
        path: &str,
        mut body: Value,
        key: Option<&str>,
    ) -> Answer {
        if body.get("case").is_some() {
            body["at"] = THEN.into();
        }
        let mut request = asks(who, path).method("POST").header("content-type", "application/json");
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }
}

/// A desk over a workspace, with all its documents adopted.
fn adopted(folder: &Path, clock: Clock) -> Desk {
    let adopt = ["charter", "-C", folder.to_str().unwrap(), "adopt", "--all", "--known", "signed"];
    let matches = shell::cli::command().try_get_matches_from(adopt).unwrap();
    let adopt = shell::cli::Cli::from_arg_matches(&matches).unwrap();
    shell::capture(|| shell::commands::run(adopt, clock)).0.unwrap();
    Desk::open(folder, clock).unwrap()
}

/// A request of somebody.
pub fn asks(who: &str, path: &str) -> axum::http::request::Builder {
    let request = Request::builder().uri(format!("/api/v1/{path}"));
    match who {
        "nobody" => request,
        who => request.header(header::AUTHORIZATION, format!("Bearer {who}")),
    }
}

async fn door(mut request: Request, next: Next) -> axum::response::Response {
    let shown = request.headers().get(header::AUTHORIZATION).and_then(|shown| shown.to_str().ok());
    let name = shown.and_then(|shown| shown.strip_prefix("Bearer ")).unwrap_or_default();
    if let Some((name, role, party)) = PEOPLE.into_iter().find(|(known, ..)| *known == name) {
        let party = party.map(str::to_string);
        let grant = Grant { agreement: None, role, party: party.clone() };
        let login = name.to_string();
        let viewer = Viewer {
            name: login.clone(),
            party: party.map(Name::new),
            sees_all: matches!(role, Role::Observer | Role::Auditor | Role::Operator),
            sees_all_of: Default::default(),
            sees_books: matches!(role, Role::Lab | Role::Observer | Role::Auditor | Role::Operator),
            areas: vec!["journal"],
            parts: Default::default(),
            form_token: "0".repeat(128),
        };
        request.extensions_mut().insert(viewer.clone());
        let person = Person { login: login.clone(), grants: vec![grant], reads_only: false };
        request.extensions_mut().insert(Known {
            login,
            person,
            viewer,
            parties: Vec::new(),
            agreements: Vec::new(),
        });
    }
    next.run(request).await
}
