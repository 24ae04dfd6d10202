//! Who may come in.
//!
//! In comes what somebody shows: a password with a code, a session's id, a token, an invitation, or the word of
//! an OpenID provider. Out goes an [`Account`] with its grants, or an error that says what to do next. What a
//! grant is worth is for `access` to say; cookies, forms and addresses of pages are for whoever serves them.
//!
//! All of it is in one SQLite file, `people.db`. Of every secret there is a hash in it, and nothing else; only the
//! secret of a second factor is there whole, as its codes cannot be computed otherwise, so the file is readable by
//! its owner alone. The time is always an argument.
//!
//! Start with [`People`], then `login.rs` and `session.rs`.

mod account;
mod invitation;
mod limit;
mod log;
mod login;
pub mod openid;
mod password;
mod second_factor;
mod secret;
mod session;
mod set_up;
mod store;
mod token;

pub use account::{Account, ChangeError, MakeError};
pub use invitation::{Invitation, InvitationError, Invited, Offered};
pub use log::{Entry, Kind};
pub use login::{LogIn, LoginError};
pub use password::{PASSWORD_CHARACTERS_MIN, PasswordError};
pub use second_factor::{Enrolment, SecondFactorError};
pub use secret::Secret;
pub use session::{Came, Held, IDLE, LONGEST, Opened, Session, are_of_one};
pub use set_up::SetUpError;
pub use store::{OpenError, People, StorageError};
pub use token::{NewToken, Token, TokenError};
