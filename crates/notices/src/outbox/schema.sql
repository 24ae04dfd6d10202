-- Times are in milliseconds since 1970. No secret is ever stored here.

CREATE TABLE IF NOT EXISTS cursor (
    only     INTEGER PRIMARY KEY CHECK (only = 1),
    position INTEGER NOT NULL
) STRICT;

INSERT INTO cursor VALUES (1, 0) ON CONFLICT DO NOTHING;

CREATE TABLE IF NOT EXISTS outgoing (
    key          TEXT PRIMARY KEY,
    position     INTEGER NOT NULL,
    party        TEXT NOT NULL,
    way          TEXT NOT NULL CHECK (way IN ('email', 'webhook')),
    address      TEXT NOT NULL,
    notice       TEXT NOT NULL,
    taken        INTEGER NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'dead')),
    attempts     INTEGER NOT NULL,
    failures     INTEGER NOT NULL,
    due          INTEGER NOT NULL,
    leased_until INTEGER,
    last_error   TEXT
) STRICT;

CREATE INDEX IF NOT EXISTS outgoing_waiting ON outgoing (due, position) WHERE state = 'waiting';
CREATE INDEX IF NOT EXISTS outgoing_leased ON outgoing (address) WHERE leased_until IS NOT NULL;
