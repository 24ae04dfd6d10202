//! Who may do what: all of it, to be read.
#![allow(clippy::unwrap_used)]

use access::{Access, Action, Area, Grant, Person, Resource, Role, Verb};

fn person(grants: &[(Option<&str>, Role, Option<&str>)]) -> Person {
    let grant = |(agreement, role, party): &(Option<&str>, Role, Option<&str>)| Grant {
        agreement: agreement.map(str::to_owned),
        role: *role,
        party: party.map(str::to_owned),
    };
    let grants = grants.iter().map(grant).collect();
    Person { login: "somebody".to_owned(), grants, reads_only: false }
}

fn agreement(name: &str) -> Resource {
    Resource::Agreement(name.to_owned())
}

/// `o` own agreement and party, `p` own agreement and another's party, `f` a foreign agreement, `w` the
/// workspace, with a grant for all of it.
#[test]
fn every_role_and_every_action() {
    let access = Access::load().unwrap();
    let mut text = format!("{:<16}", "");
    for role in Role::ALL {
        text += &format!("{role:<10}");
    }
    for row in access.table().rows {
        text = format!("{}\n{:<16}", text.trim_end(), row.action);
        for cell in row.cells {
            let mut letters = String::new();
            for (letter, is) in [
                ('o', cell.own),
                ('p', cell.other_party),
                ('f', cell.foreign),
                ('w', cell.workspace),
            ] {
                letters.push(if is { letter } else { '.' });
            }
            text += &format!("{letters:<10}");
        }
    }
    insta::assert_snapshot!(text.trim_end());
}

#[test]
fn policies_are_read_by_people() {
    let access = Access::load().unwrap();
    let mut text = String::new();
    for policy in access.table().policies {
        assert!(policy.source.contains(&policy.text) && policy.text.ends_with('.'));
        text += &format!("{}: {}\n", policy.id, policy.text);
    }
    insta::assert_snapshot!(text);
}

#[test]
fn what_one_grant_gives_does_not_widen_another() {
    let access = Access::load().unwrap();
    let person = person(&[
        (Some("one"), Role::Lab, Some("openai")),
        (Some("two"), Role::Bidder, Some("oracle")),
        (Some("three"), Role::Observer, None),
    ]);
    let need = Action::Do(Verb::Need);
    let offer = Action::Do(Verb::Offer);
    for (action, name, by, expected) in [
        (need, "one", Some("openai"), true),
        (need, "one", Some("oracle"), false),
        (need, "one", None, false),
        (need, "two", Some("openai"), false),
        (need, "two", Some("oracle"), false),
        (offer, "two", Some("oracle"), true),
        (offer, "two", Some("openai"), false),
        (offer, "three", Some("oracle"), false),
        (Action::Read(Area::Ledger), "three", None, true),
        (Action::Read(Area::Ledger), "two", None, false),
        (Action::Do(Verb::Settle), "one", None, true),
        (Action::Do(Verb::Settle), "three", None, false),
        (Action::Read(Area::People), "three", None, false),
    ] {
        let decision = access.may(&person, action, &agreement(name), by);
        assert_eq!(decision.allowed, expected, "{action} in {name} for {by:?}");
        // Asked again, it is the same answer, from those at hand.
        assert_eq!(access.may(&person, action, &agreement(name), by), decision);
    }
}

#[test]
fn nothing_is_allowed_to_whoever_was_granted_nothing() {
    let access = Access::load().unwrap();
    let nobody = person(&[]);
    for action in Action::all() {
        for resource in [Resource::Workspace, agreement("one")] {
            let decision = access.may(&nobody, action, &resource, Some("openai"));
            assert!(!decision.allowed && decision.policies.is_empty(), "{action}");
        }
    }
}

#[test]
fn a_token_that_reads_only_changes_nothing() {
    let access = Access::load().unwrap();
    for role in Role::ALL {
        let mut person = person(&[(None, role, Some("openai"))]);
        person.reads_only = true;
        for action in Action::all() {
            for resource in [Resource::Workspace, agreement("one")] {
                let with = access.may(&person, action, &resource, Some("openai")).allowed;
                let whole = Person { reads_only: false, ..person.clone() };
                let without = access.may(&whole, action, &resource, Some("openai")).allowed;
                let reads = matches!(action, Action::Read(_));
                assert_eq!(with, reads && without, "{role} {action}");
            }
        }
    }
}

#[test]
fn a_decision_says_why() {
    let access = Access::load().unwrap();
    let lab = person(&[(Some("one"), Role::Lab, Some("openai"))]);
    let ids = |action, name: &str, by| {
        let decision = access.may(&lab, action, &agreement(name), by);
        decision.policies.iter().map(|policy| policy.id.clone()).collect::<Vec<_>>()
    };
    assert_eq!(ids(Action::Do(Verb::Need), "one", Some("openai")), ["lab/speak"]);
    assert_eq!(ids(Action::Do(Verb::Need), "one", Some("microsoft")), ["bounds/party"]);
    assert_eq!(ids(Action::Read(Area::Home), "two", None), ["bounds/agreement"]);
}

#[test]
fn what_concerns_all_agreements_needs_a_grant_for_each() {
    let access = Access::load().unwrap();
    let settle = Action::Do(Verb::Settle);
    let one = person(&[(Some("one"), Role::Lab, Some("openai"))]);
    let all = person(&[(None, Role::Lab, Some("openai"))]);
    for (who, agreements, expected) in [
        (&one, &["one"][..], true),
        (&one, &["one", "two"], false),
        (&one, &[], false),
        (&all, &["one", "two"], true),
        (&all, &[], true),
    ] {
        let names = agreements.iter().copied();
        assert_eq!(access.may_throughout(who, settle, names, None).allowed, expected);
    }
}

#[test]
fn rooms_are_those_that_may_be_read() {
    let access = Access::load().unwrap();
    let bidder = person(&[(Some("one"), Role::Bidder, Some("oracle"))]);
    let rooms = access.areas(&bidder, &agreement("one"));
    assert_eq!(rooms, [Area::Ask, Area::Sourcing, Area::Access]);
    assert_eq!(access.areas(&bidder, &agreement("two")), [Area::Access]);
}

/// The names of others never reach Cedar as anything but names.
#[test]
fn names_are_only_names() {
    let access = Access::load().unwrap();
    for name in ["", "\"", "one\" || true", "workspace", "Agreement::\"one\"", "\u{0}", "日本"] {
        let lab = person(&[(Some(name), Role::Lab, Some(name))]);
        let read = Action::Read(Area::Ledger);
        assert!(access.may(&lab, read, &agreement(name), None).allowed, "{name:?}");
        assert!(!access.may(&lab, read, &agreement("one"), None).allowed, "{name:?}");
        assert!(!access.may(&lab, read, &Resource::Workspace, None).allowed, "{name:?}");
    }
}

fn leaves(of: &clap::Command, words: &str) -> Vec<String> {
    let mut all = Vec::new();
    for command in of.get_subcommands() {
        let words = format!("{words} {}", command.get_name()).trim().to_owned();
        let runs = !command.is_subcommand_required_set();
        if command.get_subcommands().next().is_none() || runs {
            all.push(words.clone());
        }
        all.extend(leaves(command, &words));
    }
    all
}

#[test]
fn every_command_is_one_action() {
    let all = leaves(&shell::cli::command(), "");
    assert!(all.len() > 80, "{}", all.len());
    let unknown: Vec<_> = all.iter().filter(|words| Action::of_command(words).is_none()).collect();
    assert_eq!(unknown, Vec::<&String>::new());
    assert_eq!(Action::of_command("rm"), None);
}
