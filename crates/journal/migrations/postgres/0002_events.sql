-- Format 2: the first that is read. Everything is made only where it is lacking, so that this also puts
-- back triggers that somebody has taken away. Texts are stored as they are hashed, hence neither
-- `timestamptz` nor `jsonb`.
CREATE TABLE IF NOT EXISTS events (
    position  bigint PRIMARY KEY,
    recorded  text NOT NULL,
    effective text NOT NULL,
    kind      text NOT NULL,
    stream    text NOT NULL,
    actor     text NOT NULL,
    cause     text,
    payload   text NOT NULL,
    salt      bytea NOT NULL,
    previous  bytea NOT NULL,
    hash      bytea NOT NULL
);

-- Random bytes do not compress, and a payload is read whole or not at all.
ALTER TABLE events ALTER COLUMN salt SET STORAGE PLAIN;
ALTER TABLE events ALTER COLUMN previous SET STORAGE PLAIN;
ALTER TABLE events ALTER COLUMN hash SET STORAGE PLAIN;

CREATE OR REPLACE FUNCTION events_are_never_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'events are never changed or deleted';
END $$;

CREATE OR REPLACE TRIGGER events_are_never_changed
    BEFORE UPDATE OR DELETE OR TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION events_are_never_changed();

-- Asked once a statement and not once a row. Whoever listens is woken when the transaction ends; the
-- channel bears the number of the table, as one database may hold several journals.
CREATE OR REPLACE FUNCTION events_come_in_turn() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    added bigint;
    first bigint;
    last bigint;
    before bigint;
BEGIN
    SELECT count(*), min(position), max(position) INTO added, first, last FROM appended;
    IF added = 0 THEN
        RETURN NULL;
    END IF;
    EXECUTE format('SELECT coalesce(max(position), 0) FROM %I.%I WHERE position < $1',
                   TG_TABLE_SCHEMA, TG_TABLE_NAME) INTO before USING first;
    IF first <> before + 1 OR last <> before + added THEN
        RAISE EXCEPTION 'events come in turn';
    END IF;
    PERFORM pg_notify('journal_' || TG_RELID::bigint, last::text);
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER events_come_in_turn
    AFTER INSERT ON events REFERENCING NEW TABLE AS appended
    FOR EACH STATEMENT EXECUTE FUNCTION events_come_in_turn();
