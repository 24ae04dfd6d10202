//! Whose account it is that a provider vouches for.

use access::Grant;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};

use super::OpenIdError;
use crate::account::{self, Account, New, find};
use crate::{InvitationError, Kind, MakeError, People, invitation, log};

/// What a provider says of somebody.
#[derive(Debug, Clone)]
pub(super) struct Arrival {
    pub issuer: String,
    /// What the issuer calls them, for ever.
    pub subject: String,
    pub email: Option<String>,
    pub email_is_verified: bool,
    pub name: Option<String>,
    pub groups: Vec<String>,
    /// What follows from the groups, where groups decide.
    pub grants: Option<Vec<Grant>>,
}

impl People {
    pub(super) fn arrived(
        &self,
        arrival: &Arrival,
        now: Timestamp,
    ) -> Result<Account, OpenIdError> {
        self.with(|connection| {
            let linked = linked(connection, arrival)?;
            let account = match linked {
                Some(account) => account,
                None => match welcome(connection, arrival, now)? {
                    Ok(account) => {
                        link(connection, arrival, &account, now)?;
                        account
                    }
                    Err(refused) => return Ok(Err(refused)),
                },
            };
            if account.disabled {
                return Ok(Err(OpenIdError::NotAllowed));
            }
            if let Some(grants) = &arrival.grants {
                account::replace_grants(connection, account.id, grants, true)?;
            }
            let today = find(connection, "id = ?", account.id)?;
            let today = today.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
            if today.grants != account.grants {
                let (login, detail) =
                    (Some(today.login.as_str()), account::in_words(&today.grants));
                log::enter(connection, now, Kind::Granted, login, Some(&arrival.issuer), &detail)?;
            }
            Ok(Ok(today))
        })
    }
}

fn linked(connection: &Connection, arrival: &Arrival) -> Result<Option<Account>, rusqlite::Error> {
    let known: Option<i64> = connection
        .query_row(
            "SELECT account FROM identity WHERE issuer = ? AND subject = ?",
            (&arrival.issuer, &arrival.subject),
            |row| row.get(0),
        )
        .optional()?;
    match known {
        Some(account) => find(connection, "id = ?", account),
        None => Ok(None),
    }
}

/// The account of somebody who comes by this provider for the first time. Only an address that the provider has
/// verified counts, and only where an operator has named it: in an invitation, or by trusting a group.
fn welcome(
    connection: &Connection,
    arrival: &Arrival,
    now: Timestamp,
) -> Result<Result<Account, OpenIdError>, rusqlite::Error> {
    let email = arrival.email.as_deref().filter(|_| arrival.email_is_verified);
    let Some(Ok(login)) = email.map(account::valid_login) else {
        return Ok(Err(OpenIdError::NotInvited));
    };
    if find(connection, "login = ?", &login)?.is_some() {
        let invited = find(connection, "invited AND login = ?", &login)?;
        return Ok(invited.ok_or(OpenIdError::NotInvited));
    }
    let name = arrival.name.as_deref().unwrap_or_default();
    if let Some(invitation) = invitation::of_login(connection, &login, now)? {
        let made = invitation::take_up(connection, &invitation, name, None, now)?;
        return Ok(made.map_err(|error| match error {
            InvitationError::Account(error) => OpenIdError::Account(error),
            _ => OpenIdError::NotInvited,
        }));
    }
    if arrival.grants.is_none() {
        return Ok(Err(OpenIdError::NotInvited));
    }
    let new = New { login: &login, name, password: None, grants: &[], invited: true };
    let made = account::make(connection, &new, Some(&arrival.issuer), now)?;
    Ok(made.map_err(|error: MakeError| error.into()))
}

fn link(
    connection: &Connection,
    arrival: &Arrival,
    account: &Account,
    now: Timestamp,
) -> Result<(), rusqlite::Error> {
    connection.execute(
        "INSERT INTO identity VALUES (?, ?, ?)",
        (&arrival.issuer, &arrival.subject, account.id),
    )?;
    let login = Some(account.login.as_str());
    log::enter(connection, now, Kind::Linked, login, login, &arrival.issuer)
}

#[cfg(test)]
mod tests {
    use access::Role;

    use super::*;

    fn arrival(subject: &str, email: Option<&str>, email_is_verified: bool) -> Arrival {
        Arrival {
            issuer: "https://id.example".to_owned(),
            subject: subject.to_owned(),
            email: email.map(str::to_owned),
            email_is_verified,
            name: Some("Ada".to_owned()),
            groups: Vec::new(),
            grants: None,
        }
    }

    fn observer() -> Vec<Grant> {
        vec![Grant { agreement: None, role: Role::Observer, party: None }]
    }

    #[test]
    fn only_whom_an_operator_has_named_comes_in() {
        let folder = tempfile::tempdir().unwrap();
        let people = People::open(folder.path()).unwrap();
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let token = people.set_up_token(now).unwrap().unwrap();
        let password = "a long enough one";
        people.set_up(token.reveal(), "op@lab.example", "Op", password, now).unwrap();
        people.invite("ada@lab.example", &observer(), "op@lab.example", now).unwrap();
        let ada = Some("ada@lab.example");
        for (who, login) in [
            (arrival("1", None, true), None),
            // Whoever may choose an address at the provider's would be anybody.
            (arrival("1", ada, false), None),
            (arrival("1", Some("eve@lab.example"), true), None),
            // Made at set-up, not invited: a provider does not take over the server.
            (arrival("1", Some("op@lab.example"), true), None),
            (arrival("1", Some("Ada@lab.example"), true), Some("ada@lab.example")),
            // Known by what the provider calls them, whatever their address is by now.
            (arrival("1", Some("op@lab.example"), true), Some("ada@lab.example")),
            (arrival("1", None, false), Some("ada@lab.example")),
        ] {
            let came = people.arrived(&who, now).ok().map(|account| account.login);
            assert_eq!(came.as_deref(), login, "{who:?}");
        }
        assert_eq!(people.account("ada@lab.example").unwrap().unwrap().grants, observer());
        people.disable("ada@lab.example", "op@lab.example", now).unwrap();
        let refused = people.arrived(&arrival("1", ada, true), now);
        assert!(matches!(refused, Err(OpenIdError::NotAllowed)), "{refused:?}");
    }

    #[test]
    fn groups_give_and_take_what_they_gave() {
        let folder = tempfile::tempdir().unwrap();
        let people = People::open(folder.path()).unwrap();
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let mut ada = arrival("1", Some("ada@lab.example"), true);
        ada.grants = Some(observer());
        assert_eq!(people.arrived(&ada, now).unwrap().grants, observer());
        let auditor = Grant { agreement: Some("one".to_owned()), role: Role::Auditor, party: None };
        people.grant("ada@lab.example", std::slice::from_ref(&auditor), "op", now).unwrap();
        assert_eq!(people.arrived(&ada, now).unwrap().grants.len(), 2);
        ada.grants = Some(Vec::new());
        assert_eq!(people.arrived(&ada, now).unwrap().grants, [auditor]);
    }
}
