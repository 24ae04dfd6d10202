//! The entrance, from a real server: who comes in, who sees what, and what is refused.
#![allow(clippy::unwrap_used)]

#[path = "../../../tests/openid/provider.rs"]
mod provider;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use access::{Access, Grant, Role};
use people::openid::{Provider, Settings};
use people::{NewToken, People, Secret};
use reqwest::header::{COOKIE, HeaderMap, LOCATION, SET_COOKIE};
use reqwest::{Client, Method, StatusCode};
use shell::workspace::Clock;
use tempfile::TempDir;
use web::desk::Desk;
use web::entrance::Entrance;
use web::live::News;
use web::seen::Seen;
use web::serve::rooms;
use web::server;

const PASSWORD: &str = "correct horse battery";
const OPERATOR: &str = "op@lab.example";

/// What a sealed offer asks, with so many figures that no time of day has them by chance.
const PRICE: &str = "1.931726";

/// Every page, by its address.
const PAGES: [&str; 21] = [
    "/",
    "/agreement",
    "/agreement/changes?from=2025-01-01&to=2026-01-01",
    "/ask",
    "/sourcing",
    "/sourcing/lots",
    "/sourcing/timeline",
    "/traffic",
    "/do",
    "/do/request",
    "/statements",
    "/ledger",
    "/position",
    "/journal",
    "/journal/1",
    "/keys",
    "/people",
    "/access",
    "/account",
    "/live",
    "/metrics",
];

struct Server {
    folder: TempDir,
    address: String,
    clock: Clock,
    entrance: Arc<Entrance>,
}

impl Server {
    /// The worked example, adopted, with nobody in it.
    async fn start() -> Server {
        Server::at(Clock::Story("2026-06-01T12:00:00Z".parse().unwrap()), |_| None).await
    }

    /// The same, by another clock, with somebody who vouches for people who return to an address.
    async fn at(clock: Clock, provider: impl FnOnce(&str) -> Option<Provider>) -> Server {
        let folder = tempfile::tempdir().unwrap();
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/microsoft-openai");
        for entry in std::fs::read_dir(example).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                std::fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
            }
        }
        let path = folder.path().to_owned();
        // Commands wait by themselves, which they must not where requests are waited for.
        let opened = tokio::task::spawn_blocking(move || {
            run(&path, clock, &["adopt", "--all", "--known", "signed"]);
            let people = People::open(&path.join(".charter")).unwrap();
            (people, Desk::open(&path, clock).unwrap_or_else(|_| panic!("no workspace")))
        });
        let (people, desk) = opened.await.unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let entrance = Arc::new(Entrance {
            people,
            access: Arc::new(Access::load().unwrap()),
            provider: provider(&format!("{address}/login/openid/return")),
            desk: desk.clone(),
            clock,
            origin: address.clone(),
            is_behind_a_proxy: false,
        });
        let news = News::of(folder.path().to_owned(), clock, desk.clone());
        let news = news.unwrap_or_else(|_| panic!("no news"));
        let seen = Seen::new(clock, news.clone(), gateway::seen::Seeing::default(), 0);
        let rooms = rooms(server::App { desk, news }, entrance.clone());
        let router = seen.around(rooms.unwrap_or_else(|_| panic!("no rooms")));
        tokio::spawn(async move {
            let service = router.into_make_service_with_connect_info::<std::net::SocketAddr>();
            axum::serve(listener, service).await
        });
        Server { folder, address, clock, entrance }
    }

    /// The same, with an operator.
    async fn with_operator() -> Server {
        let server = Server::start().await;
        let now = server.clock.read();
        let people = &server.entrance.people;
        let token = people.set_up_token(now).unwrap().unwrap();
        people.set_up(token.reveal(), OPERATOR, "Op", PASSWORD, now).unwrap();
        server
    }

    /// Does something from the command line, as whoever sits at the machine; `~` is a space within a word.
    async fn does(&self, line: &str) {
        let (folder, clock) = (self.folder.path().to_owned(), self.clock);
        let words: Vec<_> = line.split_whitespace().map(|word| word.replace('~', " ")).collect();
        let done =
            move || run(&folder, clock, &words.iter().map(String::as_str).collect::<Vec<_>>());
        tokio::task::spawn_blocking(done).await.unwrap();
    }

    /// Makes an account with these grants.
    fn make(&self, login: &str, grants: &[Grant]) {
        let (people, now) = (&self.entrance.people, self.clock.read());
        let invited = people.invite(login, grants, OPERATOR, now).unwrap();
        people.accept(invited.secret.reveal(), login, PASSWORD, now).unwrap();
    }

    fn browser(&self) -> Browser {
        let client = people::openid::http_client().unwrap();
        Browser { client, address: self.address.clone(), cookies: Vec::new() }
    }

    async fn browser_of(&self, login: &str) -> Browser {
        let mut browser = self.browser();
        let form = [("login", login), ("password", PASSWORD), ("to", "/account")];
        let answer = browser.send(Method::POST, "/login", &form).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{login}: {}", answer.body);
        browser
    }
}

fn run(directory: &Path, clock: Clock, words: &[&str]) {
    let mut line = vec!["charter".into(), "-C".into(), directory.as_os_str().to_owned()];
    line.extend(words.iter().map(Into::into));
    let cli = shell::guide::parse(line, clock).unwrap();
    if let Err(failure) = shell::commands::run(cli, clock) {
        panic!("{words:?}: {}", failure.message());
    }
}

/// A browser with cookies and no script.
struct Browser {
    client: Client,
    address: String,
    cookies: Vec<(String, String)>,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    fn to(&self) -> &str {
        self.headers.get(LOCATION).map_or("", |to| to.to_str().unwrap())
    }
}

impl Browser {
    async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, &[]).await
    }

    async fn send(&mut self, method: Method, path: &str, form: &[(&str, &str)]) -> Answer {
        self.send_with(method, path, form, &[]).await
    }

    async fn send_with(
        &mut self,
        method: Method,
        path: &str,
        form: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> Answer {
        let cookies: Vec<_> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let body: String =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let mut request = self
            .client
            .request(method, format!("{}{path}", self.address))
            .header(COOKIE, cookies.join("; "))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut answer = request.send().await.unwrap();
        let (status, headers) = (answer.status(), answer.headers().clone());
        for cookie in headers.get_all(SET_COOKIE) {
            let (name, value) = cookie.to_str().unwrap().split_once('=').unwrap();
            let value = value.split(';').next().unwrap().to_owned();
            self.cookies.retain(|(known, _)| known != name);
            if !value.is_empty() {
                self.cookies.push((name.to_owned(), value));
            }
        }
        // A stream of what happens has no end, and its beginning says enough.
        let streams = headers.get("content-type").is_some_and(|kind| kind == "text/event-stream");
        let body = if streams {
            String::new()
        } else {
            let mut body = Vec::new();
            while let Some(chunk) = answer.chunk().await.unwrap() {
                body.extend_from_slice(&chunk);
            }
            String::from_utf8(body).unwrap()
        };
        Answer { status, headers, body }
    }

    /// What the forms of this session carry.
    async fn token(&mut self) -> String {
        let page = self.get("/account").await.body;
        page.split("name=\"form_token\" value=\"").nth(1).unwrap().split('"').next().unwrap().into()
    }
}

fn grant(role: Role, agreement: Option<&str>) -> Grant {
    let party = role.needs_a_party().then(|| match role {
        Role::Lab => "openai".to_owned(),
        Role::Bidder => "oracle".to_owned(),
        _ => "microsoft".to_owned(),
    });
    Grant { agreement: agreement.map(str::to_owned), role, party }
}

/// The name of the only agreement of the worked example.
async fn agreement(server: &Server) -> String {
    let names = server.entrance.desk.read(shell::workspace::Asker::Machine, |room| {
        let terms = room.terms()?;
        Ok(terms.agreements().map(|agreement| agreement.name.to_string()).collect::<Vec<_>>())
    });
    let Ok(names) = names.await else { panic!("no terms") };
    assert_eq!(names.len(), 1);
    names[0].clone()
}

/// Each cell: with a grant for the agreement, for a foreign one, for all.
#[tokio::test]
async fn every_role_and_every_page() {
    let server = Server::with_operator().await;
    let own = agreement(&server).await;
    let mut browsers = Vec::new();
    for role in Role::ALL {
        for (at, reach) in [Some(own.as_str()), Some("elsewhere"), None].into_iter().enumerate() {
            let login = format!("{role}-{at}");
            server.make(&login, &[grant(role, reach)]);
            browsers.push(server.browser_of(&login).await);
        }
    }
    server.make("nobody", &[]);
    browsers.push(server.browser_of("nobody").await);
    let mut text = format!("{:<50}", "");
    Role::ALL.iter().for_each(|role| text += &format!("{role:<13}"));
    text += "nobody";
    for page in PAGES {
        text += &format!("\n{page:<50}");
        for (at, browser) in browsers.iter_mut().enumerate() {
            let status = browser.get(page).await.status;
            text += &format!("{} ", status.as_u16());
            if at % 3 == 2 {
                text += " ";
            }
        }
        text.truncate(text.trim_end().len());
    }
    insta::assert_snapshot!(text);
}

const SECOND_AGREEMENT: &str = r#"# Colocation

```hcl
party "studio" {}
party "meridian" {}

agreement "colocation" {
  parties   = [studio, meridian]
  signed    = "2024-01-01"
  time_zone = "UTC"
}
```

Meridian may step in first.

```hcl
right_of_first_refusal "pods" {
  grantor = studio
  holder  = meridian
  scope {
    subject = capacity
    kind    = new
  }
}
```
"#;

/// Two partnerships in one workspace: whoever is there for one of them sees that one, in the areas that can be
/// shown apart, and not even that there is another.
#[tokio::test]
async fn a_grant_for_one_agreement_opens_that_one_alone() {
    let server = Server::with_operator().await;
    let own = agreement(&server).await;
    let (folder, clock) = (server.folder.path().to_owned(), server.clock);
    std::fs::write(folder.join("second.md"), SECOND_AGREEMENT).unwrap();
    let entered = tokio::task::spawn_blocking(move || {
        run(&folder, clock, &["adopt", "second.md"]);
        for (case, by) in [("halls", "openai"), ("pods", "studio")] {
            let need = ["--quantity", "8_000 GB200", "--lot", "8000", "--purpose", "training"];
            let terms = ["--need-by", "2099-01-01", "--months", "12", "--price", "USD 2.40"];
            run(&folder, clock, &[&["request", case, "--by", by], &need[..], &terms].concat());
        }
    });
    entered.await.unwrap();
    let of = |agreement: &str, role, party: Option<&str>| Grant {
        agreement: Some(agreement.to_owned()),
        role,
        party: party.map(str::to_owned),
    };
    let (first, second) = (("halls", "2019-partnership.md"), ("pods", "second.md"));
    for (login, grant, (case, document), (hidden, foreign)) in [
        ("examines", of("colocation", Role::Auditor, None), second, first),
        ("grants", of("colocation", Role::Lab, Some("studio")), second, first),
        ("observes", of(&own, Role::Observer, None), first, second),
        ("asks", of(&own, Role::Lab, Some("openai")), first, second),
    ] {
        server.make(login, &[grant]);
        let mut browser = server.browser_of(login).await;
        assert_eq!(browser.get(&format!("/sourcing/{case}")).await.status, 200, "{login}");
        assert_eq!(browser.get(&format!("/sourcing/{hidden}")).await.status, 404, "{login}");
        for (page, shows) in [
            ("/", None),
            ("/sourcing", Some(case)),
            ("/agreement", Some(document)),
            ("/journal", Some(case)),
            ("/journal", Some(document)),
            ("/position", None),
        ] {
            let Answer { status, body, .. } = browser.get(page).await;
            assert_eq!(status, 200, "{login} {page}");
            assert!(shows.is_none_or(|shows| body.contains(shows)), "{login} {page}");
            for word in [hidden, foreign] {
                assert!(!body.contains(word), "{login} is shown {word} on {page}");
            }
        }
        for page in ["/ask", "/traffic", "/statements", "/ledger"] {
            assert_eq!(browser.get(page).await.status, 403, "{login} {page}");
        }
    }
}

/// What a round needs, as it is typed.
const NEED: &str = "--by openai --quantity 64_000~GB200 --lot 8000 --purpose training --need-by 2099-01-01 \
                    --months 60 --price USD~2.40";

#[tokio::test]
async fn a_page_of_a_round_says_what_its_reader_was_told_and_no_more() {
    let server = Server::with_operator().await;
    for (login, role, party) in [
        ("holder", Role::Holder, "microsoft"),
        ("bidder", Role::Bidder, "oracle"),
        ("funder", Role::Funder, "softbank"),
    ] {
        server.make(login, &[Grant { agreement: None, role, party: Some(party.to_owned()) }]);
    }
    let mut holder = server.browser_of("holder").await;
    let mut bidder = server.browser_of("bidder").await;
    let mut funder = server.browser_of("funder").await;
    // A moment in which the right of first refusal holds. No timer runs here, so its window stays open.
    let at = "--at 2025-02-03T12:00:00-08:00";
    server.does(&format!("request pasture {NEED} {at}")).await;
    for browser in [&mut holder, &mut bidder, &mut funder] {
        for page in ["/", "/sourcing", "/sourcing/timeline", "/sourcing/lots", "/journal"] {
            let body = browser.get(page).await.body;
            assert!(!body.contains("pasture"), "{page}: {body}");
        }
        assert_eq!(browser.get("/sourcing/pasture").await.status, 404);
    }
    // Those who are asked for offers see what is needed, and by when to offer it.
    let closes = "--closes 2027-03-01T12:00:00-08:00";
    server.does(&format!("tender pasture --by openai {closes} {at}")).await;
    let asked = bidder.get("/sourcing/pasture").await.body;
    for word in
        ["64,000 GB200", "in lots of 8000", "USD 2.40", "2027-03-01", "/do/bid?case=pasture"]
    {
        assert!(asked.contains(word), "{word}: {asked}");
    }
    for (page, word) in [("/sourcing", "2027-03-01"), ("/sourcing/timeline", "TENDERED")] {
        assert!(bidder.get(page).await.body.contains(word), "{page}");
    }
    assert_eq!(holder.get("/sourcing/pasture").await.status, 404);
    assert!(!holder.get("/").await.body.contains("pasture"));
    // A holder sees its window once it has notice of it; nobody else hears of it.
    server.does(&format!("notify pasture --by openai --channel hand {at}")).await;
    let noticed = holder.get("/sourcing/pasture").await.body;
    for word in ["64,000 GB200", ">NOTICED<"] {
        assert!(noticed.contains(word), "{word}: {noticed}");
    }
    for page in ["/sourcing", "/sourcing/timeline"] {
        assert!(holder.get(page).await.body.contains("NOTICED"), "{page}");
    }
    for page in ["/sourcing", "/sourcing/timeline", "/sourcing/pasture"] {
        let body = bidder.get(page).await.body;
        assert!(body.contains("pasture") && !body.contains("NOTICED"), "{page}: {body}");
    }
    // What a funder pays for, it sees; and of what others hold of each other, nothing.
    let position = funder.get("/position").await.body;
    assert!(position.contains("new data centres with Oracle"), "{position}");
    assert!(!position.contains("microsoft"), "{position}");
    // Who may not do something is told so before it is filled in.
    let refused = funder.get("/do/request").await;
    assert_eq!(refused.status, 403);
    assert!(!refused.body.contains("<form class=\"tall\""), "{}", refused.body);
    assert!(!bidder.get("/sourcing").await.body.contains("Ask for capacity"));
    let forms = bidder.get("/do").await.body;
    assert!(forms.contains("/do/bid") && !forms.contains("/do/notify"), "{forms}");
}

#[tokio::test]
async fn a_sealed_offer_is_sealed_for_who_sees_everything_too() {
    let server = Server::with_operator().await;
    let at = |day| format!("2026-05-{day}T12:00:00-08:00");
    server.does(&format!("request pasture {NEED} --at {}", at(20))).await;
    let (closes, reveal_by) = (at(22), at(25));
    let tender = format!("tender pasture --by openai --closes {closes} --reveal-by {reveal_by}");
    server.does(&format!("{tender} --at {}", at(20))).await;
    let of = |role, party: Option<&str>| Grant {
        agreement: None,
        role,
        party: party.map(str::to_owned),
    };
    server.make("bidder", &[of(Role::Bidder, Some("oracle"))]);
    server.make("auditor", &[of(Role::Auditor, None)]);
    // The secret is on the answer's page, as nobody keeps it.
    let mut bidder = server.browser_of("bidder").await;
    let token = bidder.token().await;
    let form = [
        ("form_token", &*token),
        ("case", "pasture"),
        ("quantity", "64000"),
        ("price", &format!("USD {PRICE}")),
        ("sealed", "true"),
        ("at", &at(21)),
    ];
    let kept = bidder.send(Method::POST, "/do/bid", &form).await;
    assert_eq!(kept.status, 200, "{}", kept.body);
    let secret = kept.body.split("<pre tabindex=\"0\">").nth(1).unwrap();
    let secret = secret.split("</pre>").next().unwrap().replace("&quot;", "\"");
    let files = tempfile::tempdir().unwrap();
    let file = |name: &str| files.path().join(name).to_str().unwrap().to_owned();
    let (own, other) = (file("oracle.json"), file("amazon.json"));
    std::fs::write(&own, &secret).unwrap();
    let offer = format!("--quantity 64000 --price USD~1.87 --sealed {other} --at {}", at(21));
    server.does(&format!("bid pasture --by amazon {offer}")).await;
    let mut auditor = server.browser_of("auditor").await;
    for (party, number, file, seen) in [("oracle", 1, own, false), ("amazon", 2, other, true)] {
        let which = format!("--by {party} --bid {number} --offer {file}");
        server.does(&format!("reveal pasture {which} --at {}", at(23))).await;
        for (page, word) in [
            ("/sourcing/pasture", "bid-revealed"),
            ("/sourcing/pasture", PRICE),
            ("/journal", "bid-revealed"),
            ("/api/v1/events", "bid-revealed"),
            ("/api/v1/rounds", PRICE),
            ("/api/v1/rounds?case=pasture", PRICE),
            ("/api/v1/journal/log", PRICE),
        ] {
            let Answer { status, body, .. } = auditor.get(page).await;
            assert_eq!(status, 200, "{page}: {body}");
            assert_eq!(body.contains(word), seen, "{party} {page} {word}: {body}");
        }
    }
}

#[tokio::test]
async fn who_acts_for_two_parties_looks_for_one_at_a_time() {
    let server = Server::with_operator().await;
    let of =
        |party: &str| Grant { agreement: None, role: Role::Bidder, party: Some(party.to_owned()) };
    server.make("both", &[of("oracle"), of("amazon")]);
    let mut both = server.browser_of("both").await;
    assert!(both.get("/sourcing").await.body.contains("for amazon"));
    let token = both.token().await;
    for (party, status) in [("microsoft", 403), ("nobody", 403), ("oracle", 303)] {
        let form = [("form_token", token.as_str()), ("party", party)];
        assert_eq!(both.send(Method::POST, "/account/party", &form).await.status, status);
    }
    assert!(both.get("/sourcing").await.body.contains("for oracle"));
    // A cookie is what anybody can write: one that was not granted is no more than none.
    both.cookies
        .iter_mut()
        .filter(|of| of.0 == "charter-party")
        .for_each(|of| of.1 = "openai".into());
    assert!(both.get("/sourcing").await.body.contains("for amazon"));
}

#[tokio::test]
async fn nobody_sees_anything_without_a_session() {
    let server = Server::with_operator().await;
    let mut stranger = server.browser();
    for page in PAGES {
        let answer = stranger.get(page).await;
        if page == "/metrics" {
            // A program cannot type a password.
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
            continue;
        }
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{page}");
        assert!(answer.to().starts_with("/login"), "{page}: {}", answer.to());
    }
    assert_eq!(stranger.get("/ledger?words=x").await.to(), "/login?to=%2Fledger%3Fwords%3Dx");
    for (name, value) in [("charter", ""), ("charter", "x"), ("__Host-charter", "x")] {
        stranger.cookies = vec![(name.to_owned(), value.to_owned())];
        assert_eq!(stranger.get("/").await.status, StatusCode::SEE_OTHER);
    }
    for page in ["/login", "/login/code", "/healthz"] {
        assert_eq!(server.browser().get(page).await.status, StatusCode::OK, "{page}");
    }
    assert_eq!(server.browser().get("/login/openid").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_first_comes_in_by_a_link_and_invites_the_second() {
    let server = Server::start().await;
    let token = server.entrance.people.set_up_token(server.clock.read()).unwrap().unwrap();
    let address = format!("/set-up/{}", token.reveal());
    let mut first = server.browser();
    assert_eq!(first.get("/set-up/guessed").await.status, StatusCode::NOT_FOUND);
    assert_eq!(first.get(&address).await.status, StatusCode::OK);
    let form = |password| [("login", OPERATOR), ("name", "<b>Op</b>"), ("password", password)];
    let weak = first.send(Method::POST, &address, &form("short")).await;
    assert_eq!(weak.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(weak.body.contains("fewer than 12 characters") && !weak.body.contains("<b>"));
    let made = first.send(Method::POST, &address, &form(PASSWORD)).await;
    assert_eq!((made.status, made.to()), (StatusCode::SEE_OTHER, "/people"));
    let cookie = made.headers.get(SET_COOKIE).unwrap().to_str().unwrap();
    assert!(cookie.contains("; HttpOnly; SameSite=Lax"), "{cookie}");
    assert_eq!(first.get(&address).await.status, StatusCode::NOT_FOUND);

    let token = first.token().await;
    let form = [
        ("form_token", token.as_str()),
        ("login", "ada@lab.example"),
        ("role", "lab"),
        ("party", "openai"),
        ("agreement", ""),
    ];
    let invited = first.send(Method::POST, "/people/invitations", &form).await;
    assert_eq!(invited.status, StatusCode::OK, "{}", invited.body);
    assert!(!invited.body.contains("<b>"));
    let link = invited.body.split("/invitation/").nth(1).unwrap().split('<').next().unwrap();
    let link = format!("/invitation/{link}");
    let mut second = server.browser();
    assert!(second.get(&link).await.body.contains("lab for openai in all agreements"));
    let form = [("name", "Ada"), ("password", PASSWORD)];
    assert_eq!(second.send(Method::POST, &link, &form).await.status, StatusCode::SEE_OTHER);
    assert_eq!(second.get("/ledger").await.status, StatusCode::OK);
    assert_eq!(server.browser().get(&link).await.status, StatusCode::NOT_FOUND);

    // What is taken away counts at once.
    let form = [("form_token", token.as_str())];
    let taken = first.send(Method::POST, "/people/ada@lab.example/grants", &form).await;
    assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", taken.body);
    assert_eq!(second.get("/ledger").await.status, StatusCode::FORBIDDEN);
    let last = first.send(Method::POST, &format!("/people/{OPERATOR}/disable"), &form).await;
    assert_eq!(last.status, StatusCode::UNPROCESSABLE_ENTITY);
    let off = first.send(Method::POST, "/people/ada@lab.example/disable", &form).await;
    assert_eq!(off.status, StatusCode::SEE_OTHER);
    assert_eq!(second.get("/account").await.status, StatusCode::SEE_OTHER);
    drop(server.folder);
}

/// A form counts if a page of the same session had it, and no other site sent it.
#[tokio::test]
async fn forms_of_others_change_nothing() {
    let server = Server::with_operator().await;
    server.make("ada", &[]);
    let mut ada = server.browser_of("ada").await;
    let mut other = server.browser_of("ada").await;
    let (own, others) = (ada.token().await, other.token().await);
    let origin = server.address.clone();
    for (token, headers, expected) in [
        (Some(own.as_str()), vec![], StatusCode::SEE_OTHER),
        (Some(own.as_str()), vec![("origin", origin.as_str())], StatusCode::SEE_OTHER),
        (Some(own.as_str()), vec![("sec-fetch-site", "same-origin")], StatusCode::SEE_OTHER),
        (None, vec![], StatusCode::FORBIDDEN),
        (Some(""), vec![], StatusCode::FORBIDDEN),
        (Some(others.as_str()), vec![], StatusCode::FORBIDDEN),
        (Some(own.as_str()), vec![("origin", "https://evil.example")], StatusCode::FORBIDDEN),
        (Some(own.as_str()), vec![("origin", "null")], StatusCode::FORBIDDEN),
        (Some(own.as_str()), vec![("sec-fetch-site", "cross-site")], StatusCode::FORBIDDEN),
        (Some(own.as_str()), vec![("sec-fetch-site", "same-site")], StatusCode::FORBIDDEN),
    ] {
        let mut form = vec![("name", "Ada")];
        form.extend(token.map(|token| ("form_token", token)));
        let answer = ada.send_with(Method::POST, "/account/name", &form, &headers).await;
        assert_eq!(answer.status, expected, "{token:?} {headers:?}");
    }
    let large = "x".repeat(3 << 20);
    let form = [("form_token", own.as_str()), ("name", large.as_str())];
    let answer = ada.send(Method::POST, "/account/name", &form).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);

    // Logged out, the session and what its forms carried are worth nothing.
    let kept = ada.cookies.clone();
    let form = [("form_token", own.as_str())];
    assert_eq!(ada.send(Method::POST, "/logout", &form).await.status, StatusCode::SEE_OTHER);
    ada.cookies = kept;
    assert_eq!(ada.get("/account").await.status, StatusCode::SEE_OTHER);
    let again =
        ada.send(Method::POST, "/account/name", &[("form_token", &own), ("name", "x")]).await;
    assert_eq!((again.status, again.to()), (StatusCode::SEE_OTHER, "/login"));
    assert_eq!(other.get("/account").await.status, StatusCode::OK);
}

#[tokio::test]
async fn guessing_is_answered_alike_and_slowed_down() {
    let server = Server::with_operator().await;
    let mut bodies = Vec::new();
    for login in [OPERATOR, "nobody@lab.example"] {
        let form = [("login", login), ("password", "wrong wrong wrong"), ("to", "")];
        let answer = server.browser().send(Method::POST, "/login", &form).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        bodies.push(answer.body.replace(login, ""));
    }
    assert_eq!(bodies[0], bodies[1]);
    let form = [("login", OPERATOR), ("password", "wrong wrong wrong"), ("to", "")];
    for _ in 0..3 {
        server.browser().send(Method::POST, "/login", &form).await;
    }
    let answer = server.browser().send(Method::POST, "/login", &form).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.headers.get("retry-after").unwrap(), "1");
}

#[tokio::test]
async fn only_operators_change_people() {
    let server = Server::with_operator().await;
    let all = [Role::Lab, Role::Observer, Role::Auditor].map(|role| grant(role, None));
    server.make("ada", &all);
    let mut ada = server.browser_of("ada").await;
    let token = ada.token().await;
    for path in [
        "/people/invitations",
        "/people/invitations/1/withdraw",
        "/people/ada/grants",
        "/people/op@lab.example/disable",
        "/people/op@lab.example/invite",
        "/people/op@lab.example/second-factor",
    ] {
        let form = [("form_token", token.as_str()), ("login", "eve"), ("role", "operator")];
        let answer = ada.send(Method::POST, path, &form).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert!(server.entrance.people.invitations(server.clock.read()).unwrap().is_empty());
    let page = ada.get("/people").await;
    assert!(page.status == StatusCode::OK && !page.body.contains("/people/invitations"));
}

/// What somebody typed stays text wherever it is shown, and leads nowhere else.
#[tokio::test]
async fn what_is_typed_is_inert() {
    let server = Server::with_operator().await;
    server.make("ada", &[grant(Role::Observer, None)]);
    let mut ada = server.browser_of("ada").await;
    let token = ada.token().await;
    let script = "\"><script>alert(1)</script>";
    let form = [("form_token", token.as_str()), ("name", script)];
    ada.send(Method::POST, "/account/name", &form).await;
    let form = [("form_token", token.as_str()), ("name", script), ("days", "9")];
    let made = ada.send(Method::POST, "/account/tokens", &form).await;
    assert!(made.body.contains("charter_"));
    for page in ["/account", "/people", "/access", "/"] {
        let body = ada.get(page).await.body;
        assert!(!body.contains("<script>alert"), "{page}");
        assert!(!body.contains("charter_"), "{page}");
    }
    let to =
        url::form_urlencoded::Serializer::new(String::new()).append_pair("to", script).finish();
    assert!(!server.browser().get(&format!("/login?{to}")).await.body.contains("<script>alert"));
    for to in ["https://evil.example", "//evil.example", "/\\evil.example"] {
        let form = [("login", "ada"), ("password", PASSWORD), ("to", to)];
        assert_eq!(server.browser().send(Method::POST, "/login", &form).await.to(), "/", "{to}");
    }
    for path in
        ["/people/../login", "/invitation/%00", "/set-up/%2e%2e%2f", "/people/x/%0d%0aset-cookie"]
    {
        let status = ada.get(path).await.status;
        assert!(status.is_client_error() || status.is_redirection(), "{path}: {status}");
    }
}

#[tokio::test]
async fn one_keeps_ones_own_sessions_and_tokens() {
    let server = Server::with_operator().await;
    server.make("ada", &[]);
    server.make("eve", &[]);
    let now = server.clock.read();
    let people = &server.entrance.people;
    let expires = now.checked_add(jiff::SignedDuration::from_hours(1)).unwrap();
    let new = NewToken { name: "books", reads_only: true, grants: None, expires };
    let token = people.make_token("ada", &new, now).unwrap();
    let mut ada = server.browser_of("ada").await;
    let mut eve = server.browser_of("eve").await;
    let session = people.sessions("ada", now).unwrap()[0].number;
    let number = people.tokens("ada").unwrap()[0].number;
    let of_eve = eve.token().await;
    for path in
        [format!("/account/sessions/{session}/end"), format!("/account/tokens/{number}/revoke")]
    {
        eve.send(Method::POST, &path, &[("form_token", &of_eve)]).await;
    }
    assert_eq!(ada.get("/account").await.status, StatusCode::OK);
    assert!(people.by_token(token.reveal(), now).unwrap().is_some());
    let of_ada = ada.token().await;
    let revoke = format!("/account/tokens/{number}/revoke");
    ada.send(Method::POST, &revoke, &[("form_token", &of_ada)]).await;
    assert!(people.by_token(token.reveal(), now).unwrap().is_none());
    let form =
        [("form_token", of_ada.as_str()), ("current", PASSWORD), ("new", "another long one")];
    let changed = ada.send(Method::POST, "/account/password", &form).await;
    assert_eq!((changed.status, changed.to()), (StatusCode::SEE_OTHER, "/account"));
    assert_eq!(ada.get("/account").await.status, StatusCode::OK, "in a new session");
    let end = format!("/account/sessions/{session}/end");
    assert_eq!(ada.send(Method::POST, &end, &form).await.status, StatusCode::FORBIDDEN);
}

/// What the one QR code of a page says: its picture is painted, and read as from a photograph.
fn read_as_by_a_camera(page: &str) -> String {
    const SCALE: usize = 5;
    let after = |start: &str| page.split_once(start).unwrap().1;
    let side = after("viewBox=\"0 0 ").split(' ').next().unwrap().parse::<usize>().unwrap() * SCALE;
    let path = after("<path d=\"").split('"').next().unwrap();
    let modules = path.split_terminator("h1v1h-1z").map(|module| module.strip_prefix('M').unwrap());
    let dark: BTreeSet<_> = modules.map(|module| module.split_once(' ').unwrap()).collect();
    let mut picture = rqrr::PreparedImage::prepare_from_greyscale(side, side, |x, y| {
        let module = ((x / SCALE).to_string(), (y / SCALE).to_string());
        if dark.contains(&(&*module.0, &*module.1)) { 0 } else { 255 }
    });
    let codes = picture.detect_grids();
    assert_eq!(codes.len(), 1, "{page}");
    codes[0].decode().unwrap().1
}

#[tokio::test]
async fn a_second_factor_is_asked_for_once_it_is_set_up() {
    let server = Server::with_operator().await;
    server.make("ada", &[]);
    let mut ada = server.browser_of("ada").await;
    let token = ada.token().await;
    let begun = ada.send(Method::POST, "/account/second-factor", &[("form_token", &token)]).await;
    let address = begun.body.split("href=\"otpauth://").nth(1).unwrap().split('"').next().unwrap();
    assert!(address.starts_with("totp/Charterparty:ada"), "{address}");
    assert_eq!(
        read_as_by_a_camera(&begun.body),
        format!("otpauth://{}", address.replace("&amp;", "&"))
    );
    let secret = begun.body.split("<code>").nth(1).unwrap().split('<').next().unwrap();
    let secret = totp_rs::Secret::try_from_base32(secret).unwrap();
    let totp = totp_rs::Builder::new().with_secret(secret).build_noncompliant();
    let seconds = u64::try_from(server.clock.read().as_second()).unwrap();
    let code = totp.generate(seconds).to_string();
    let form = [("form_token", token.as_str()), ("code", code.as_str())];
    let confirmed = ada.send(Method::POST, "/account/second-factor/confirm", &form).await;
    assert_eq!(confirmed.status, StatusCode::SEE_OTHER);

    let mut again = server.browser();
    let form = [("login", "ada"), ("password", PASSWORD), ("to", "/account")];
    let half = again.send(Method::POST, "/login", &form).await;
    assert_eq!(half.to(), "/login/code?to=%2Faccount");
    assert_eq!(again.get("/account").await.status, StatusCode::SEE_OTHER);
    // What is good for a code alone is no session under another name.
    let named = again.cookies.iter().map(|(_, id)| ("charter".to_owned(), id.clone())).collect();
    let kept = std::mem::replace(&mut again.cookies, named);
    assert_eq!(again.get("/account").await.status, StatusCode::SEE_OTHER);
    again.cookies = kept;
    let wrong = again.send(Method::POST, "/login/code", &[("code", &code), ("to", "")]).await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED, "it was used");
    let next = totp.generate(seconds + 30).to_string();
    let form = [("code", next.as_str()), ("to", "/account")];
    let entered = again.send(Method::POST, "/login/code", &form).await;
    assert_eq!(entered.to(), "/account");
    assert_eq!(again.get("/account").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_provider_vouches_from_page_to_page() {
    let mut real = None;
    // What the provider signs, it signs by the machine's clock.
    let server = Server::at(Clock::Machine, |return_address| {
        let (running, issuer) = provider::start(return_address)?;
        real = Some(running);
        let settings = serde_json::json!({ "issuer": issuer, "client_id": "charterparty" });
        let settings: Settings = serde_json::from_value(settings).unwrap();
        let secret = Secret::new("a secret of the test, no secret".to_owned());
        let http = people::openid::http_client().unwrap();
        Some(Provider::new(settings, Some(secret), return_address.to_owned(), http).unwrap())
    });
    let server = server.await;
    if real.is_none() {
        return;
    }
    let people = &server.entrance.people;
    let now = server.clock.read();
    let grants = [grant(Role::Observer, None)];
    people.invite("ada@lab.example", &grants, OPERATOR, now).unwrap();
    let mut ada = server.browser();
    assert!(ada.get("/login").await.body.contains("/login/openid?to="));
    let sent = ada.get("/login/openid?to=%2Fjournal").await;
    let returns = format!("{}/login/openid/return", server.address);
    let back = provider::Browser::new().go(sent.to(), "ada", &returns).await;
    let back = back.as_str().strip_prefix(&server.address).unwrap().to_owned();
    // Somebody else's browser does not come in with the same link.
    assert_eq!(server.browser().get(&back).await.status, StatusCode::FORBIDDEN);
    let entered = ada.get(&back).await;
    assert_eq!(
        (entered.status, entered.to()),
        (StatusCode::SEE_OTHER, "/journal"),
        "{}",
        entered.body
    );
    assert_eq!(ada.get("/journal").await.status, StatusCode::OK);
    let denied = ada.get("/login/openid/return?error=access_denied&state=x").await;
    assert_eq!(denied.status, StatusCode::FORBIDDEN);
}

/// What a program may do is what its owner may, and no more than its token says.
#[tokio::test]
async fn a_token_opens_the_api_alone() {
    let server = Server::with_operator().await;
    server.make("ada", &[grant(Role::Lab, None)]);
    let (people, now) = (&server.entrance.people, server.clock.read());
    let expires = now.checked_add(jiff::SignedDuration::from_hours(1)).unwrap();
    let make = |name, reads_only| {
        let new = NewToken { name, reads_only, grants: None, expires };
        format!("Bearer {}", people.make_token("ada", &new, now).unwrap().reveal())
    };
    let (reads, whole, revoked) = (make("reads", true), make("whole", false), make("gone", false));
    let tokens = people.tokens("ada").unwrap();
    let number = tokens.iter().find(|token| token.name == "gone").unwrap().number;
    people.revoke_token("ada", number, "ada", now).unwrap();
    for (shown, method, path, expected) in [
        (reads.as_str(), Method::GET, "/api/v1/ledger", StatusCode::OK),
        (&whole, Method::GET, "/api/v1/ledger", StatusCode::OK),
        (&reads, Method::POST, "/api/v1/record", StatusCode::FORBIDDEN),
        (&whole, Method::POST, "/api/v1/tick", StatusCode::FORBIDDEN),
        (&revoked, Method::GET, "/api/v1/ledger", StatusCode::UNAUTHORIZED),
        ("Bearer charter_", Method::GET, "/api/v1/ledger", StatusCode::UNAUTHORIZED),
        ("Basic YTpi", Method::GET, "/api/v1/ledger", StatusCode::UNAUTHORIZED),
        (&whole, Method::GET, "/ledger", StatusCode::SEE_OTHER),
    ] {
        let request = server.browser().client.request(method, format!("{}{path}", server.address));
        let request =
            request.header("authorization", shown).header("content-type", "application/json");
        let answer = request.body("{}").send().await.unwrap();
        let status = answer.status();
        assert_eq!(status, expected, "{path}: {}", answer.text().await.unwrap());
    }
    // A session sends nothing by the API without what its own pages have.
    let mut ada = server.browser_of("ada").await;
    assert_eq!(ada.get("/api/v1/ledger").await.status, StatusCode::OK);
    let sent = ada.send(Method::POST, "/api/v1/record", &[]).await;
    assert_eq!(sent.status, StatusCode::FORBIDDEN);
}
