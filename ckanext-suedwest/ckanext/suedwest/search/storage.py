"""Where the index lives: one table in a schema of its own in CKAN's database."""

from __future__ import annotations

import os
import threading

from sqlalchemy import Connection, Engine, text

_VERSION = 2
_LOCK = 0x53_57_53_45
_ready: set[tuple[int, str]] = set()
_guard = threading.Lock()

_SCHEMA = """
CREATE SCHEMA IF NOT EXISTS suedwest_search;
CREATE TABLE IF NOT EXISTS suedwest_search.version (version integer NOT NULL);
"""
_TABLE = """
DROP TABLE IF EXISTS suedwest_search.document;
CREATE TABLE suedwest_search.document (
    index_id       text PRIMARY KEY,
    site_id        text NOT NULL,
    id             text NOT NULL,
    name           text NOT NULL,
    short          jsonb NOT NULL,      -- fields to compare and count, each a list of strings
    long           jsonb NOT NULL,      -- fields of long text, likewise
    stored         jsonb NOT NULL,      -- what an answer gives back
    words          tsvector NOT NULL,   -- A title, B name and keywords, C notes, D the rest
    ranked_words   tsvector NOT NULL,   -- A and B alone: small enough to rank many hits
    title_order    text COLLATE "C" NOT NULL,
    metadata_modified timestamptz,
    metadata_created timestamptz,
    box            box,
    data_dict      text,
    validated_data_dict text
);
CREATE INDEX document_short ON suedwest_search.document USING gin (short jsonb_path_ops);
CREATE INDEX document_words ON suedwest_search.document USING gin (words);
CREATE INDEX document_box ON suedwest_search.document USING gist (box);
CREATE INDEX document_modified ON suedwest_search.document (metadata_modified DESC);
CREATE INDEX document_title ON suedwest_search.document (title_order);
CREATE INDEX document_id ON suedwest_search.document (id);
CREATE INDEX document_name ON suedwest_search.document (name);
DELETE FROM suedwest_search.version;
"""

COLUMNS = [
    "index_id",
    "site_id",
    "id",
    "name",
    "short",
    "long",
    "stored",
    "words",
    "ranked_words",
    "title_order",
    "metadata_modified",
    "metadata_created",
    "box",
    "data_dict",
    "validated_data_dict",
]


def ensure(engine: Engine) -> None:
    """Make the table, or make it anew when it is of an older version. Once for each process.

    A new table is empty: `ckan search-index rebuild` fills it.
    """
    key = (os.getpid(), str(engine.url))
    if key in _ready:
        return
    with _guard, engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        _make(connection)
    _ready.add(key)


def _make(connection: Connection) -> None:
    if connection.execute(text("SELECT to_regclass('suedwest_search.version')")).scalar() is None:
        connection.execute(text(_SCHEMA))
    version = connection.execute(text("SELECT max(version) FROM suedwest_search.version")).scalar()
    if version != _VERSION:
        connection.execute(text(_TABLE))
        connection.execute(
            text("INSERT INTO suedwest_search.version VALUES (:version)"), {"version": _VERSION}
        )
