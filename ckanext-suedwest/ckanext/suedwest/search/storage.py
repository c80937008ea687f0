"""Where the index lives: two tables in a schema of its own in CKAN's database.

`document` has a row for each document of CKAN's index, `words` what each is found by: narrow, so
that a word in most of all documents is read from few pages.

An ordinal is the number of one version of a document and never used again. Rows are stamped with
the transaction that wrote them and leave their ordinal in `removed` when they go; so a process
that holds columns of the index in memory can ask for what its snapshot did not see yet, however
late a transaction commits.
"""

from __future__ import annotations

import threading
from weakref import WeakSet

from sqlalchemy import Connection, Engine, text

_VERSION = 6
_LOCK = 0x53_57_53_45
_ready: WeakSet[Engine] = WeakSet()
_guard = threading.Lock()

_SCHEMA = """
CREATE SCHEMA IF NOT EXISTS suedwest_search;
CREATE TABLE IF NOT EXISTS suedwest_search.version (version integer NOT NULL);
"""
_TABLES = """
DROP TABLE IF EXISTS suedwest_search.document, suedwest_search.words, suedwest_search.removed;
-- outlives the tables: what another process remembers of older ones never meets a new ordinal
CREATE SEQUENCE IF NOT EXISTS suedwest_search.ordinal AS integer;

CREATE TABLE suedwest_search.document (
    index_id       text PRIMARY KEY,
    ordinal        integer NOT NULL,
    transaction    xid8 NOT NULL,
    site_id        text NOT NULL,
    id             text NOT NULL,
    name           text NOT NULL,
    fields         text[] NOT NULL,     -- names of all fields
    short          jsonb NOT NULL,      -- fields to compare and count, each a list of strings
    long           jsonb NOT NULL,      -- fields of long text, likewise
    stored         jsonb NOT NULL,      -- what an answer gives back
    title_words    smallint NOT NULL,   -- how many
    metadata_modified timestamptz,
    metadata_created timestamptz,
    data_dict      text,
    validated_data_dict text
);
CREATE UNIQUE INDEX document_ordinal ON suedwest_search.document (ordinal);
CREATE INDEX document_transaction ON suedwest_search.document (transaction);
CREATE INDEX document_fields ON suedwest_search.document USING gin (fields)
    WITH (fastupdate = off);
CREATE INDEX document_id ON suedwest_search.document (id);
CREATE INDEX document_name ON suedwest_search.document (name);

CREATE TABLE suedwest_search.words (
    ordinal        integer PRIMARY KEY,
    lexemes        text NOT NULL        -- a tsvector; see document.py for what they are
) WITH (toast_tuple_target = 128);      -- only its index is ever read: it may lie elsewhere
-- As text it takes less room. A long list of what is not yet sorted in would have to be read by
-- every search.
CREATE INDEX words_lexemes ON suedwest_search.words USING gin (CAST(lexemes AS tsvector))
    WITH (gin_pending_list_limit = 1024);

CREATE TABLE suedwest_search.removed (
    ordinal        integer NOT NULL,
    transaction    xid8 NOT NULL,
    removed_at     timestamptz NOT NULL
);
CREATE INDEX removed_transaction ON suedwest_search.removed (transaction);
CREATE INDEX removed_at ON suedwest_search.removed (removed_at);

CREATE OR REPLACE FUNCTION suedwest_search.stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.ordinal := nextval('suedwest_search.ordinal');
    NEW.transaction := pg_current_xact_id();
    RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION suedwest_search.leave() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM suedwest_search.words WHERE ordinal = OLD.ordinal;
    INSERT INTO suedwest_search.removed VALUES (OLD.ordinal, pg_current_xact_id(), now());
    RETURN NULL;
END $$;
CREATE TRIGGER stamp BEFORE INSERT OR UPDATE ON suedwest_search.document
    FOR EACH ROW EXECUTE FUNCTION suedwest_search.stamp();
CREATE TRIGGER leave AFTER UPDATE OR DELETE ON suedwest_search.document
    FOR EACH ROW EXECUTE FUNCTION suedwest_search.leave();
DELETE FROM suedwest_search.version;
"""
# A database that was restored from a dump counts its transactions anew; a stamp of the old count
# would stay unseen for ever.
_STAMPS_OF_ANOTHER_SERVER = """
UPDATE suedwest_search.document SET index_id = index_id
WHERE transaction >= pg_snapshot_xmax(pg_current_snapshot());
DELETE FROM suedwest_search.removed
WHERE transaction >= pg_snapshot_xmax(pg_current_snapshot());
"""

COLUMNS = [
    "index_id",
    "site_id",
    "id",
    "name",
    "fields",
    "short",
    "long",
    "stored",
    "title_words",
    "metadata_modified",
    "metadata_created",
    "data_dict",
    "validated_data_dict",
]


def ensure(engine: Engine) -> None:
    """Make the tables, or make them anew when they are of an older version. Once for each process.

    New tables are empty: `ckan search-index rebuild` fills them.
    """
    if engine in _ready:
        return
    with _guard, engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        _make(connection)
        connection.execute(text(_STAMPS_OF_ANOTHER_SERVER))
    _ready.add(engine)


def _make(connection: Connection) -> None:
    if connection.execute(text("SELECT to_regclass('suedwest_search.version')")).scalar() is None:
        connection.execute(text(_SCHEMA))
    version = connection.execute(text("SELECT max(version) FROM suedwest_search.version")).scalar()
    if version != _VERSION:
        connection.execute(text(_TABLES))
        connection.execute(
            text("INSERT INTO suedwest_search.version VALUES (:version)"), {"version": _VERSION}
        )
