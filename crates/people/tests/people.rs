//! Who comes in, and who does not.
#![allow(clippy::unwrap_used)]

use access::{Grant, Role};
use jiff::{SignedDuration, Timestamp};
use people::{
    Came, ChangeError, InvitationError, LogIn, LoginError, MakeError, NewToken, People, Secret,
    SetUpError, TokenError,
};
use tempfile::TempDir;

const PASSWORD: &str = "correct horse battery";
const OPERATOR: &str = "op@lab.example";

/// People in a folder of their own, with an operator; `now` moves on by hand.
struct World {
    folder: TempDir,
    people: People,
    now: Timestamp,
}

impl World {
    fn empty() -> World {
        let folder = tempfile::tempdir().unwrap();
        let people = People::open(folder.path()).unwrap();
        World { folder, people, now: "2026-01-01T00:00:00Z".parse().unwrap() }
    }

    fn new() -> World {
        let world = World::empty();
        let token = world.people.set_up_token(world.now).unwrap().unwrap();
        world.people.set_up(token.reveal(), OPERATOR, "Op", PASSWORD, world.now).unwrap();
        world
    }

    fn with(grants: &[Grant]) -> World {
        let world = World::new();
        let invited = world.people.invite("ada", grants, OPERATOR, world.now).unwrap();
        world.people.accept(invited.secret.reveal(), "Ada", PASSWORD, world.now).unwrap();
        world
    }

    fn pass(&mut self, by: SignedDuration) {
        self.now = self.now.checked_add(by).unwrap();
    }

    fn log_in(&self, login: &str, password: &str) -> Result<Secret, LoginError> {
        match self.people.log_in(login, password, &came("192.0.2.1"), self.now)? {
            LogIn::In(opened) => Ok(opened.id),
            LogIn::CodeNeeded(_) => panic!("no code was expected"),
        }
    }

    fn is_open(&self, session: &Secret) -> bool {
        self.people.session(session.reveal(), self.now).unwrap().is_some()
    }

    fn log(&self) -> Vec<String> {
        let entries = self.people.log(None, 1000).unwrap();
        entries.into_iter().rev().map(|entry| format!("{entry:?}")).collect()
    }
}

fn came(address: &str) -> Came {
    Came { address: address.to_owned(), agent: "Firefox".to_owned() }
}

fn grant(agreement: Option<&str>, role: Role, party: Option<&str>) -> Grant {
    Grant { agreement: agreement.map(str::to_owned), role, party: party.map(str::to_owned) }
}

#[test]
fn the_first_operator_is_made_once_and_with_the_latest_token() {
    let mut world = World::empty();
    let people = &world.people;
    let first = people.set_up_token(world.now).unwrap().unwrap();
    let latest = people.set_up_token(world.now).unwrap().unwrap();
    let set_up =
        |token: &str, password: &str, now| people.set_up(token, OPERATOR, "", password, now);
    assert!(matches!(set_up(first.reveal(), PASSWORD, world.now), Err(SetUpError::Void)));
    assert!(matches!(set_up("", PASSWORD, world.now), Err(SetUpError::Void)));
    let weak = set_up(latest.reveal(), "short", world.now);
    assert!(matches!(weak, Err(SetUpError::Account(MakeError::Password(_)))));
    let tomorrow = world.now.checked_add(SignedDuration::from_hours(24)).unwrap();
    assert!(matches!(set_up(latest.reveal(), PASSWORD, tomorrow), Err(SetUpError::Void)));
    let account = set_up(latest.reveal(), PASSWORD, world.now).unwrap();
    assert!(account.is_operator());
    assert_eq!(account.name, OPERATOR);
    assert!(matches!(set_up(latest.reveal(), PASSWORD, world.now), Err(SetUpError::Void)));
    assert!(people.set_up_token(world.now).unwrap().is_none());
    // There is no other way in.
    assert!(matches!(world.log_in("admin", "admin"), Err(LoginError::Wrong)));
    world.pass(SignedDuration::from_secs(1));
    assert!(world.log_in(OPERATOR, PASSWORD).is_ok());
}

#[test]
fn an_invitation_counts_once_and_for_seven_days() {
    let mut world = World::new();
    let lab = grant(Some("one"), Role::Lab, Some("openai"));
    let invite = |world: &World, login: &str| {
        world.people.invite(login, std::slice::from_ref(&lab), OPERATOR, world.now)
    };
    let withdrawn = invite(&world, "Ada@lab.example").unwrap();
    let invited = invite(&world, "ada@LAB.example").unwrap();
    let accept = |world: &World, secret: &Secret| {
        world.people.accept(secret.reveal(), "Ada\n", PASSWORD, world.now)
    };
    assert!(matches!(accept(&world, &withdrawn.secret), Err(InvitationError::Void)));
    world.pass(SignedDuration::from_hours(7 * 24) - SignedDuration::from_secs(1));
    let offered = world.people.offered(invited.secret.reveal(), world.now).unwrap().unwrap();
    assert_eq!((offered.login.as_str(), offered.renews), ("ada@lab.example", false));
    let account = accept(&world, &invited.secret).unwrap();
    assert_eq!((account.name.as_str(), account.grants), ("Ada", vec![lab.clone()]));
    assert!(matches!(accept(&world, &invited.secret), Err(InvitationError::Void)));
    assert!(matches!(
        invite(&world, "ada@lab.example"),
        Err(InvitationError::Account(MakeError::Taken(_)))
    ));
    let late = invite(&world, "eve").unwrap();
    world.pass(SignedDuration::from_hours(7 * 24));
    assert!(matches!(accept(&world, &late.secret), Err(InvitationError::Void)));
    assert!(world.people.invitations(world.now).unwrap().is_empty());
    let other = invite(&world, "eve").unwrap();
    let number = world.people.invitations(world.now).unwrap()[0].number;
    world.people.withdraw_invitation(number, OPERATOR, world.now).unwrap();
    assert!(matches!(accept(&world, &other.secret), Err(InvitationError::Void)));
    for login in ["", "ada lovelace", "ada:x", "ada\n", "ädä", &"a".repeat(255)] {
        let refused = invite(&world, login);
        let by_login = matches!(refused, Err(InvitationError::Account(MakeError::Login(_))));
        // What stands around a login does not belong to it.
        assert_eq!(by_login, login != "ada\n", "{login:?}");
    }
    let party = world.people.invite("bob", &[grant(None, Role::Bidder, None)], OPERATOR, world.now);
    let missing = matches!(party, Err(InvitationError::Change(ChangeError::NoParty(Role::Bidder))));
    assert!(missing);
}

#[test]
fn who_forgot_a_password_is_invited_again() {
    let world = World::with(&[]);
    let session = world.log_in("ada", PASSWORD).unwrap();
    let again = world.people.invite_again("ada", OPERATOR, world.now).unwrap();
    assert!(world.people.offered(again.secret.reveal(), world.now).unwrap().unwrap().renews);
    assert!(world.is_open(&session));
    world.people.accept(again.secret.reveal(), "", "another long one", world.now).unwrap();
    assert!(!world.is_open(&session));
    assert!(world.log_in("ada", PASSWORD).is_err());
    assert!(world.log_in("Ada", "another long one").is_ok());
    assert!(world.people.invite_again("nobody", OPERATOR, world.now).is_err());
}

#[test]
fn sessions_end() {
    let hour = SignedDuration::from_hours(1);
    let minute = SignedDuration::from_mins(1);
    let mut world = World::with(&[]);
    let unused = world.log_in("ada", PASSWORD).unwrap();
    let used = world.log_in("ada", PASSWORD).unwrap();
    for _ in 0..11 {
        world.pass(hour);
        assert!(world.is_open(&used));
    }
    assert!(!world.is_open(&unused));
    world.pass(hour - minute);
    assert!(world.is_open(&used));
    world.pass(minute);
    assert!(!world.is_open(&used), "after twelve hours");

    let [one, two, three] = [(); 3].map(|()| world.log_in("ada", PASSWORD).unwrap());
    let number = world.people.session(one.reveal(), world.now).unwrap().unwrap().number;
    assert_eq!(world.people.sessions("ada", world.now).unwrap().len(), 3);
    // Nobody ends another's session by its number.
    world.people.end_session(OPERATOR, number, OPERATOR, world.now).unwrap();
    assert!(world.is_open(&one));
    world.people.end_session("ada", number, "ada", world.now).unwrap();
    assert!(!world.is_open(&one) && world.is_open(&two));
    world.people.log_out(two.reveal(), world.now).unwrap();
    assert!(!world.is_open(&two) && world.is_open(&three));
    let wrong = world.people.change_password("ada", "not this one!", "a new long one", world.now);
    assert!(matches!(wrong, Err(ChangeError::WrongPassword)));
    assert!(world.is_open(&three));
    world.people.change_password("ada", PASSWORD, "a new long one", world.now).unwrap();
    assert!(!world.is_open(&three));
    let four = world.log_in("ada", "a new long one").unwrap();
    world.people.disable("ada", OPERATOR, world.now).unwrap();
    assert!(!world.is_open(&four));
    assert!(matches!(world.log_in("ada", "a new long one"), Err(LoginError::Wrong)));
    world.people.enable("ada", OPERATOR, world.now).unwrap();
    assert!(!world.is_open(&four), "what has ended stays so");
    let session = world.people.open_session("ada", &came("192.0.2.1"), world.now).unwrap();
    assert!(world.is_open(&session.unwrap().id));
}

#[test]
fn a_form_belongs_to_one_session() {
    let world = World::with(&[]);
    let [one, two] = [(); 2].map(|()| world.log_in("ada", PASSWORD).unwrap());
    let session = |id: &Secret| world.people.session(id.reveal(), world.now).unwrap().unwrap();
    let (first, second) = (session(&one), session(&two));
    // Another each time, and of the same session.
    assert_ne!(first.csrf, session(&one).csrf);
    assert!(first.is_of_this(session(&one).csrf.reveal()));
    assert!(first.is_of_this(first.csrf.reveal()));
    for shown in ["", second.csrf.reveal(), one.reveal(), &first.csrf.reveal()[1..]] {
        assert!(!first.is_of_this(shown));
    }
}

#[test]
fn who_guesses_waits_longer_each_time() {
    let mut world = World::with(&[]);
    let attempt = |world: &World, login: &str, address: &str| {
        world.people.log_in(login, "wrong wrong wrong", &came(address), world.now).unwrap_err()
    };
    // A login that there is and one that there is not cannot be told apart.
    for login in ["ada", "nobody"] {
        for number in 0..5 {
            let address = format!("{login} {number}");
            assert!(matches!(attempt(&world, login, &address), LoginError::Wrong), "{number}");
        }
        assert!(matches!(attempt(&world, login, "elsewhere"), LoginError::TooMany(1)), "{login}");
    }
    // Nor does the right password help meanwhile.
    assert!(matches!(world.log_in("ada", PASSWORD), Err(LoginError::TooMany(1))));
    world.pass(SignedDuration::from_secs(1));
    assert!(matches!(attempt(&world, "ada", "elsewhere"), LoginError::Wrong));
    assert!(matches!(attempt(&world, "ada", "elsewhere"), LoginError::TooMany(2)));
    world.pass(SignedDuration::from_secs(2));
    assert!(world.log_in("ada", PASSWORD).is_ok());
    assert!(matches!(attempt(&world, "ada", "anywhere"), LoginError::Wrong));

    // Who tries many logins from one address waits too, and his own login does not help him.
    for login in ["a", "b", "c", "d", "e"] {
        assert!(matches!(attempt(&world, login, "198.51.100.7"), LoginError::Wrong));
    }
    assert!(matches!(attempt(&world, "f", "198.51.100.7"), LoginError::TooMany(1)));
    world.pass(SignedDuration::from_secs(1));
    let own = world.people.log_in(OPERATOR, PASSWORD, &came("198.51.100.7"), world.now);
    assert!(own.is_ok());
    assert!(matches!(attempt(&world, "g", "198.51.100.7"), LoginError::Wrong));
    assert!(matches!(attempt(&world, "h", "198.51.100.7"), LoginError::TooMany(2)));
    world.pass(SignedDuration::from_hours(2));
    assert!(matches!(attempt(&world, "i", "198.51.100.7"), LoginError::Wrong));
}

/// Who comes in every day from an address that many share is not held up by having come.
#[test]
fn coming_in_is_no_failure() {
    let world = World::with(&[]);
    for _ in 0..20 {
        assert!(world.log_in("ada", PASSWORD).is_ok());
    }
}

fn code(secret: &Secret, now: Timestamp) -> String {
    let secret = totp_rs::Secret::try_from_base32(secret.reveal()).unwrap();
    let totp = totp_rs::Builder::new().with_secret(secret).build_noncompliant();
    totp.generate(u64::try_from(now.as_second()).unwrap()).to_string()
}

#[test]
fn a_code_counts_once_and_a_step_around_now() {
    let mut world = World::with(&[]);
    let step = SignedDuration::from_secs(30);
    let begun = world.people.begin_second_factor("ada").unwrap();
    assert!(begun.address.reveal().starts_with("otpauth://totp/Charterparty:ada?secret="));
    assert!(world.log_in("ada", PASSWORD).is_ok(), "it does not count before it is confirmed");
    assert!(world.people.confirm_second_factor("ada", "000000", world.now).is_err());
    let confirmed = code(&begun.text, world.now);
    world.people.confirm_second_factor("ada", &confirmed, world.now).unwrap();

    let from = came("192.0.2.9");
    let begin = |world: &World| match world.people.log_in("ada", PASSWORD, &from, world.now) {
        Ok(LogIn::CodeNeeded(opened)) => opened.id,
        other => panic!("{other:?}"),
    };
    let half = begin(&world);
    assert!(!world.is_open(&half), "the password alone opens nothing");
    assert!(
        world
            .people
            .sessions("ada", world.now)
            .unwrap()
            .iter()
            .all(|held| held.address != "192.0.2.9")
    );
    let give = |world: &World, half: &Secret, code: &str| {
        world.people.give_code(half.reveal(), code, &from, world.now)
    };
    assert!(matches!(give(&world, &half, &confirmed), Err(LoginError::WrongCode)), "it was used");
    let early = code(&begun.text, world.now.checked_add(step * 2).unwrap());
    assert!(matches!(give(&world, &half, &early), Err(LoginError::WrongCode)));
    let next = code(&begun.text, world.now.checked_add(step).unwrap());
    let spaced = format!("{} {}", &next[..3], &next[3..]);
    let opened = give(&world, &half, &spaced).unwrap();
    assert!(world.is_open(&opened.id));
    assert!(
        matches!(give(&world, &half, &next), Err(LoginError::TooLate)),
        "it is another session"
    );

    world.pass(step);
    let half = begin(&world);
    assert!(matches!(give(&world, &half, &next), Err(LoginError::WrongCode)), "it was used");
    world.pass(SignedDuration::from_mins(5));
    let late = code(&begun.text, world.now);
    assert!(matches!(give(&world, &half, &late), Err(LoginError::TooLate)));

    // Who has the password does not guess at the code for long.
    let half = begin(&world);
    for _ in 0..4 {
        let _ = give(&world, &half, "000000");
    }
    assert!(matches!(give(&world, &half, &late), Err(LoginError::TooMany(_))));

    world.pass(SignedDuration::from_hours(2));
    assert!(world.people.leave_second_factor("ada", "000000", world.now).is_err());
    let last = code(&begun.text, world.now);
    world.people.leave_second_factor("ada", &last, world.now).unwrap();
    assert!(world.log_in("ada", PASSWORD).is_ok());
}

#[test]
fn a_token_gives_no_more_than_its_owner_has() {
    let all = grant(None, Role::Auditor, None);
    let lab = grant(Some("one"), Role::Lab, Some("openai"));
    let mut world = World::with(&[all.clone(), lab.clone()]);
    let expires = world.now.checked_add(SignedDuration::from_hours(48)).unwrap();
    let new = NewToken { name: "books", reads_only: false, grants: None, expires };
    let make = |world: &World, new: &NewToken<'_>| world.people.make_token("ada", new, world.now);
    let whole = make(&world, &new).unwrap();
    assert!(whole.reveal().starts_with("charter_") && whole.reveal().len() == 51);
    assert!(matches!(make(&world, &new), Err(TokenError::Taken(_))));
    assert!(matches!(
        make(&world, &NewToken { name: " ", ..new.clone() }),
        Err(TokenError::NoName)
    ));
    for days in [0, 367] {
        let expires = world.now.checked_add(SignedDuration::from_hours(24 * days)).unwrap();
        let wrong = make(&world, &NewToken { name: "x", expires, ..new.clone() });
        assert!(matches!(wrong, Err(TokenError::Expires)));
    }
    let less = [grant(Some("one"), Role::Auditor, None)];
    let narrow = NewToken { name: "one", reads_only: true, grants: Some(&less), ..new.clone() };
    let narrow = make(&world, &narrow).unwrap();
    for more in [grant(None, Role::Lab, Some("openai")), grant(Some("one"), Role::Lab, Some("x"))] {
        let wide = [more];
        let refused = make(&world, &NewToken { name: "w", grants: Some(&wide), ..new.clone() });
        assert!(matches!(refused, Err(TokenError::NotGranted(_))));
    }
    let person = |world: &World, token: &Secret| {
        let found = world.people.by_token(token.reveal(), world.now).unwrap();
        found.map(|(_, person)| (person.grants, person.reads_only))
    };
    assert_eq!(person(&world, &whole), Some((vec![all, lab.clone()], false)));
    assert_eq!(person(&world, &narrow), Some((less.to_vec(), true)));
    assert!(world.people.tokens("ada").unwrap().iter().all(|token| token.used == Some(world.now)));
    assert!(person(&world, &Secret::new("charter_".to_owned())).is_none());

    // What is taken from the owner is taken from the token.
    world.people.grant("ada", std::slice::from_ref(&lab), OPERATOR, world.now).unwrap();
    assert_eq!(person(&world, &whole), Some((vec![lab], false)));
    assert_eq!(person(&world, &narrow), Some((vec![], true)));
    let numbers = world.people.tokens("ada").unwrap();
    let number = numbers.iter().find(|token| token.name == "one").unwrap().number;
    world.people.revoke_token(OPERATOR, number, OPERATOR, world.now).unwrap();
    assert!(person(&world, &narrow).is_some(), "it is not the operator's");
    world.people.revoke_token("ada", number, "ada", world.now).unwrap();
    assert!(person(&world, &narrow).is_none());
    world.people.disable("ada", OPERATOR, world.now).unwrap();
    assert!(person(&world, &whole).is_none());
    world.people.enable("ada", OPERATOR, world.now).unwrap();
    assert!(person(&world, &whole).is_some());
    world.pass(SignedDuration::from_hours(48));
    assert!(person(&world, &whole).is_none());
}

#[test]
fn the_last_operator_stays() {
    let world = World::with(&[]);
    let operator = [grant(None, Role::Operator, None)];
    let last = |refused: Result<(), ChangeError>| {
        assert!(matches!(refused, Err(ChangeError::LastOperator(_))), "{refused:?}");
    };
    last(world.people.disable(OPERATOR, OPERATOR, world.now));
    last(world.people.grant(OPERATOR, &[], OPERATOR, world.now));
    last(world.people.grant(
        OPERATOR,
        &[grant(Some("one"), Role::Operator, None)],
        OPERATOR,
        world.now,
    ));
    assert!(world.people.account(OPERATOR).unwrap().unwrap().is_operator());
    world.people.grant("ada", &operator, OPERATOR, world.now).unwrap();
    world.people.disable(OPERATOR, "ada", world.now).unwrap();
    last(world.people.disable("ada", "ada", world.now));
    let unknown = world.people.disable("nobody", "ada", world.now);
    assert!(matches!(unknown, Err(ChangeError::Unknown(_))));
}

/// What was typed, and what was shown once, is nowhere to be found.
#[test]
fn no_secret_is_kept() {
    let mut world = World::with(&[]);
    let session = world.log_in("ada", PASSWORD).unwrap();
    let expires = world.now.checked_add(SignedDuration::from_hours(1)).unwrap();
    let new = NewToken { name: "books", reads_only: false, grants: None, expires };
    let token = world.people.make_token("ada", &new, world.now).unwrap();
    // People type passwords where logins belong.
    let typed = world.people.log_in("my secret password", "x", &came("192.0.2.1"), world.now);
    assert!(typed.is_err());
    world.pass(SignedDuration::from_secs(1));
    let csrf = world.people.session(session.reveal(), world.now).unwrap().unwrap().csrf;
    let secrets = [session.reveal(), token.reveal(), csrf.reveal(), PASSWORD, "my secret password"];

    let log = world.log().join("\n");
    insta::assert_snapshot!(log);
    let path = world.people.path().to_owned();
    let shown = format!("{:?} {session:?} {token:?} {csrf:?}", world.people);
    drop(world.people);
    let mut stored = Vec::new();
    for file in std::fs::read_dir(world.folder.path()).unwrap() {
        stored.extend(std::fs::read(file.unwrap().path()).unwrap());
    }
    let found = |text: &str| stored.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(found("books") && found("$argon2id$v=19$m=19456,t=2,p=1$"));
    for secret in secrets {
        assert!(!found(secret) && !shown.contains(secret) && !log.contains(secret), "{secret}");
    }
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(
            &std::fs::metadata(path).unwrap().permissions(),
        );
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn only_a_file_of_people_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("people.db");
    std::fs::write(&path, "not a database, and long enough to look like one").unwrap();
    let refused = People::open(folder.path());
    assert!(matches!(refused, Err(people::OpenError::SomethingElse(_))), "{refused:?}");
    std::fs::remove_file(&path).unwrap();
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("CREATE TABLE something (x)").unwrap();
    drop(other);
    assert!(matches!(People::open(folder.path()), Err(people::OpenError::SomethingElse(_))));
    assert!(People::open(&folder.path().join("nowhere")).is_err());
}
