-- Format 2: the first that is read. Everything is made only where it is lacking, so that this also puts
-- back triggers that somebody has taken away.
-- Times are RFC 3339 text: it spans every time jiff can hold (64-bit nanoseconds end in 2262), and
-- someone with nothing but a SQLite shell can read it.
CREATE TABLE IF NOT EXISTS events (
    position  INTEGER PRIMARY KEY,
    recorded  TEXT NOT NULL,
    effective TEXT NOT NULL,
    kind      TEXT NOT NULL,
    stream    TEXT NOT NULL,
    actor     TEXT NOT NULL,
    cause     TEXT,
    payload   TEXT NOT NULL,
    salt      BLOB NOT NULL,
    previous  BLOB NOT NULL,
    hash      BLOB NOT NULL
) STRICT;

CREATE TRIGGER IF NOT EXISTS events_are_never_changed BEFORE UPDATE ON events
BEGIN
    SELECT raise(ABORT, 'events are never changed');
END;

CREATE TRIGGER IF NOT EXISTS events_are_never_deleted BEFORE DELETE ON events
BEGIN
    SELECT raise(ABORT, 'events are never deleted');
END;

-- Stops INSERT OR REPLACE as well, which deletes without asking the trigger above.
CREATE TRIGGER IF NOT EXISTS events_come_in_turn BEFORE INSERT ON events
WHEN NEW.position IS NOT (SELECT coalesce(max(position), 0) + 1 FROM events)
BEGIN
    SELECT raise(ABORT, 'events come in turn');
END;
