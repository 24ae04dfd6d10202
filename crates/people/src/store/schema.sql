-- Instants are milliseconds since 1970. What is called `hash` is the blake3 hash of a secret that was shown once.

CREATE TABLE account (
    id          INTEGER PRIMARY KEY,
    login       TEXT NOT NULL UNIQUE,          -- in lower case
    name        TEXT NOT NULL,
    password    TEXT,                          -- argon2id, as a PHC string; null if only a provider vouches
    disabled    INTEGER NOT NULL DEFAULT 0,
    invited     INTEGER NOT NULL DEFAULT 0,    -- made by an invitation
    made        INTEGER NOT NULL,
    factor      BLOB,                          -- the second factor's secret
    factor_step INTEGER NOT NULL DEFAULT 0,    -- the last step whose code was used
    enrolling   BLOB                           -- a secret whose first code has not been seen
) STRICT;

CREATE TABLE granted (
    account   INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
    agreement TEXT,                            -- null for all
    role      TEXT NOT NULL,
    party     TEXT,
    vouched   INTEGER NOT NULL DEFAULT 0       -- 1 if it follows from a provider's groups
) STRICT;
CREATE INDEX granted_account ON granted (account);

CREATE TABLE identity (
    issuer  TEXT NOT NULL,
    subject TEXT NOT NULL,
    account INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
    PRIMARY KEY (issuer, subject)
) STRICT;

-- At most one row: the latest set-up token takes the place of the one before.
CREATE TABLE set_up (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    hash BLOB NOT NULL,
    expires INTEGER NOT NULL
) STRICT;

CREATE TABLE invitation (
    id       INTEGER PRIMARY KEY,
    hash     BLOB NOT NULL UNIQUE,
    login    TEXT NOT NULL,                    -- whom it is for
    grants   TEXT NOT NULL,                    -- JSON
    made_by  TEXT NOT NULL,
    made     INTEGER NOT NULL,
    expires  INTEGER NOT NULL
) STRICT;

CREATE TABLE session (
    id      INTEGER PRIMARY KEY,
    hash    BLOB NOT NULL UNIQUE,
    account INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
    awaits  INTEGER NOT NULL,                  -- 1 as long as the code of the second factor is missing
    address TEXT NOT NULL,
    agent   TEXT NOT NULL,
    made    INTEGER NOT NULL,
    seen    INTEGER NOT NULL,
    expires INTEGER NOT NULL                   -- whatever happens until then
) STRICT;
CREATE INDEX session_account ON session (account);

CREATE TABLE token (
    id         INTEGER PRIMARY KEY,
    hash       BLOB NOT NULL UNIQUE,
    account    INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
    name       TEXT NOT NULL,
    reads_only INTEGER NOT NULL,
    grants     TEXT,                           -- JSON; null for all that the account has
    made       INTEGER NOT NULL,
    expires    INTEGER NOT NULL,
    used       INTEGER,
    UNIQUE (account, name)
) STRICT;

-- Attempts that failed, by a hash of the login or address.
CREATE TABLE attempt (
    subject  BLOB PRIMARY KEY,
    failures INTEGER NOT NULL,
    last     INTEGER NOT NULL,
    before   INTEGER NOT NULL                  -- the last but one
) STRICT;

-- Who was sent to a provider and is expected back.
CREATE TABLE flow (
    state     BLOB PRIMARY KEY,                -- hash
    nonce     TEXT NOT NULL,
    verifier  TEXT NOT NULL,
    return_to TEXT NOT NULL,
    expires   INTEGER NOT NULL
) STRICT;

CREATE TABLE log (
    id     INTEGER PRIMARY KEY,
    at     INTEGER NOT NULL,
    kind   TEXT NOT NULL,
    login  TEXT,                               -- whose account it is about
    actor  TEXT,                               -- who did it
    detail TEXT NOT NULL
) STRICT;
