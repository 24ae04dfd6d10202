//! Round trips to a real OpenID provider, with a browser played by hand.
#![allow(clippy::unwrap_used)]

#[path = "../../../tests/openid/provider.rs"]
mod provider;

use access::{Grant, Role};
use jiff::{SignedDuration, Timestamp};
use people::openid::{OpenIdError, Provider, Return, Settings, http_client};
use people::{People, Secret};
use provider::{Browser, start};
use reqwest::Url;

const RETURN: &str = "http://127.0.0.1:9/entrance/return";
const SECRET: &str = "a secret of the test, no secret";

/// A parameter of the address that a browser returns with.
fn value(of: &Url, name: &str) -> String {
    of.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into()).unwrap()
}

struct World {
    people: People,
    provider: Provider,
    now: Timestamp,
    _folder: tempfile::TempDir,
}

impl World {
    fn new(issuer: &str, secret: &str, groups: &str) -> World {
        let settings = format!("issuer = \"{issuer}\"\nclient_id = \"charterparty\"\n{groups}");
        let settings: Settings = toml::from_str(&settings).unwrap();
        let secret = Some(Secret::new(secret.to_owned()));
        let provider =
            Provider::new(settings, secret, RETURN.to_owned(), http_client().unwrap()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let people = People::open(folder.path()).unwrap();
        // The provider signs what is so now, by the machine's clock.
        #[allow(clippy::disallowed_methods)]
        let now = Timestamp::now();
        let token = people.set_up_token(now).unwrap().unwrap();
        people.set_up(token.reveal(), "op@lab.example", "", "a long enough one", now).unwrap();
        World { people, provider, now, _folder: folder }
    }

    /// A whole round trip; the login of whoever came in.
    async fn round_trip(&self, login: &str) -> Result<String, OpenIdError> {
        let departure = self.provider.depart(&self.people, "/ledger", self.now).await?;
        let mut browser = Browser::new();
        let back = browser.go(&departure.address, login, RETURN).await;
        let (state, code, issuer) =
            (value(&back, "state"), value(&back, "code"), value(&back, "iss"));
        let returns = Return {
            state: &state,
            kept: departure.state.reveal(),
            code: &code,
            issuer: Some(&issuer),
        };
        let arrived = self.provider.arrive(&self.people, &returns, self.now).await?;
        assert_eq!(arrived.return_to, "/ledger");
        // A return counts once.
        let again = self.provider.arrive(&self.people, &returns, self.now).await;
        assert!(matches!(again, Err(OpenIdError::Unexpected)), "{again:?}");
        Ok(arrived.account.login)
    }
}

#[tokio::test]
async fn a_provider_vouches_for_who_was_invited() {
    let Some((_real, issuer)) = start(RETURN) else { return };
    let world = World::new(&issuer, SECRET, "");
    let refused = world.round_trip("ada").await;
    assert!(matches!(refused, Err(OpenIdError::NotInvited)), "{refused:?}");
    let grants = [Grant { agreement: None, role: Role::Observer, party: None }];
    world.people.invite("ada@lab.example", &grants, "op@lab.example", world.now).unwrap();
    assert_eq!(world.round_trip("ada").await.unwrap(), "ada@lab.example");
    assert_eq!(world.round_trip("ada").await.unwrap(), "ada@lab.example");
    let account = world.people.account("ada@lab.example").unwrap().unwrap();
    assert_eq!((account.name.as_str(), account.has_password), ("Ada", false));
    assert_eq!(account.grants, grants);
    // An address that the provider has not verified is nobody's.
    let refused = world.round_trip("eve").await;
    assert!(matches!(refused, Err(OpenIdError::NotInvited)), "{refused:?}");
}

#[tokio::test]
async fn groups_may_be_what_lets_in() {
    let Some((_real, issuer)) = start(RETURN) else { return };
    let groups =
        "[groups]\ncapacity = [{ role = \"lab\", party = \"openai\", agreement = \"one\" }]";
    let world = World::new(&issuer, SECRET, groups);
    assert_eq!(world.round_trip("ada").await.unwrap(), "ada@lab.example");
    let account = world.people.account("ada@lab.example").unwrap().unwrap();
    let lab = Grant {
        agreement: Some("one".to_owned()),
        role: Role::Lab,
        party: Some("openai".to_owned()),
    };
    assert_eq!(account.grants, [lab]);
    let refused = world.round_trip("eve").await;
    assert!(matches!(refused, Err(OpenIdError::NotAllowed)), "{refused:?}");
}

#[tokio::test]
async fn a_return_that_is_not_ones_own_lets_nobody_in() {
    let Some((_real, issuer)) = start(RETURN) else { return };
    let world = World::new(&issuer, SECRET, "");
    world.people.invite("ada@lab.example", &[], "op@lab.example", world.now).unwrap();
    let depart = || world.provider.depart(&world.people, "//evil.example", world.now);
    let (one, two) = (depart().await.unwrap(), depart().await.unwrap());
    let mut browser = Browser::new();
    let back = browser.go(&one.address, "ada", RETURN).await;
    let (state, code) = (value(&back, "state"), value(&back, "code"));
    let with = |state: &str, kept: &str, issuer: Option<&str>, now: Timestamp| {
        let (state, kept, issuer) = (state.to_owned(), kept.to_owned(), issuer.map(str::to_owned));
        let (code, world) = (&code, &world);
        async move {
            let returns = Return { state: &state, kept: &kept, code, issuer: issuer.as_deref() };
            world.provider.arrive(&world.people, &returns, now).await
        }
    };
    let unexpected = [
        // Another browser's link.
        with(&state, two.state.reveal(), None, world.now).await,
        with("", "", None, world.now).await,
        with(&state, &state, Some("https://other.example"), world.now).await,
    ];
    for refused in unexpected {
        assert!(matches!(refused, Err(OpenIdError::Unexpected)), "{refused:?}");
    }
    // Another login's code: neither verifier nor nonce are its own.
    let refused = with(two.state.reveal(), two.state.reveal(), None, world.now).await;
    assert!(matches!(refused, Err(OpenIdError::Provider { .. })), "{refused:?}");
    let late = world.now.checked_add(SignedDuration::from_mins(10)).unwrap();
    let refused = with(&state, &state, None, late).await;
    assert!(matches!(refused, Err(OpenIdError::Unexpected)), "{refused:?}");
    assert!(world.people.account("ada@lab.example").unwrap().is_none());
}

#[tokio::test]
async fn what_a_provider_signed_long_ago_does_not_count() {
    let Some((_real, issuer)) = start(RETURN) else { return };
    let mut world = World::new(&issuer, SECRET, "");
    world.people.invite("ada@lab.example", &[], "op@lab.example", world.now).unwrap();
    world.now = world.now.checked_add(SignedDuration::from_hours(48)).unwrap();
    let refused = world.round_trip("ada").await;
    assert!(matches!(refused, Err(OpenIdError::Untrue(_))), "{refused:?}");
}

#[tokio::test]
async fn errors_name_no_secret() {
    let Some((_real, issuer)) = start(RETURN) else { return };
    let world = World::new(&issuer, "not the secret of the test", "");
    let refused = world.round_trip("ada").await.unwrap_err();
    assert!(matches!(refused, OpenIdError::Provider { .. }), "{refused:?}");
    let shown = format!("{refused} {refused:?} {:?}", world.provider);
    assert!(shown.contains("invalid_client") && !shown.contains("secret of the test"), "{shown}");
}

#[tokio::test]
async fn only_https_but_for_this_machine() {
    for (issuer, usable) in [
        ("https://id.example", true),
        ("http://id.example", false),
        ("http://localhost:8080", true),
        ("http://127.0.0.1.evil.example", false),
        ("nothing", false),
    ] {
        let settings = format!("issuer = \"{issuer}\"\nclient_id = \"x\"");
        let settings: Settings = toml::from_str(&settings).unwrap();
        let provider = Provider::new(settings, None, RETURN.to_owned(), http_client().unwrap());
        assert_eq!(provider.is_ok(), usable, "{issuer}");
    }
}
