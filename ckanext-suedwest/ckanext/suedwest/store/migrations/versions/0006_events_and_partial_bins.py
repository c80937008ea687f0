"""Roadworks and closures; what the privacy gate counts before anything is published.

Revision ID: 0006
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# `starts_at` and `ends_at` are the first beginning and the last end of `spans`, for the index.
# Who is responsible and whether it is simulated stand here too: the read role sees no sources.
EVENTS = """
CREATE TABLE suedwest.event (
    source_id      text NOT NULL REFERENCES suedwest.source ON DELETE CASCADE,
    key            text NOT NULL,
    place          jsonb NOT NULL,             -- a geometry of GeoJSON
    spans          jsonb NOT NULL,             -- [[start, end or null], …], sorted
    starts_at      timestamptz NOT NULL,
    ends_at        timestamptz,
    effect         text NOT NULL,
    direction      text NOT NULL,
    roads          jsonb NOT NULL,
    description    text NOT NULL,
    intermittent   boolean NOT NULL,
    version        text,
    operator       jsonb NOT NULL,
    licence        jsonb NOT NULL,
    municipalities text[] NOT NULL,
    simulated      boolean NOT NULL,
    first_seen_at  timestamptz NOT NULL,
    last_seen_at   timestamptz NOT NULL,
    changed_at     timestamptz NOT NULL,
    ended_at       timestamptz,                -- the feed does not have it any more
    PRIMARY KEY (source_id, key)
);
CREATE INDEX ON suedwest.event (starts_at, ends_at);

CREATE TABLE suedwest.event_feed (
    source_id      text PRIMARY KEY REFERENCES suedwest.source ON DELETE CASCADE,
    read_at        timestamptz NOT NULL,       -- the whole feed was read, or had not changed
    events         integer NOT NULL,
    shrunk_at      timestamptz                 -- since then it lacks nearly all it had
);
"""

BINS = """
CREATE TABLE suedwest.partial_bin (
    source_id      text NOT NULL REFERENCES suedwest.source ON DELETE CASCADE,
    counter        text NOT NULL,              -- key of the station and name of the total
    bin_start      timestamptz NOT NULL,
    frame          text NOT NULL,
    cells          jsonb NOT NULL,             -- {"name of the datastream": number}; "": the total
    quality        smallint NOT NULL,
    told           boolean NOT NULL DEFAULT false, -- the total of its bin is published with it
    PRIMARY KEY (counter, bin_start, frame)
);
CREATE INDEX ON suedwest.partial_bin (source_id);

CREATE TABLE suedwest.counter_rule (
    counter        text PRIMARY KEY,
    source_id      text NOT NULL REFERENCES suedwest.source ON DELETE CASCADE,
    station_key    text NOT NULL,
    total          text NOT NULL,
    cells          text[] NOT NULL,
    rule           jsonb NOT NULL
);
CREATE INDEX ON suedwest.counter_rule (source_id);

CREATE TABLE suedwest.closed_day (
    counter        text NOT NULL,
    day            date NOT NULL,              -- civil
    station_key    text NOT NULL,
    rule           jsonb NOT NULL,
    spans          integer NOT NULL,
    withheld       integer NOT NULL,
    closed_at      timestamptz NOT NULL,
    PRIMARY KEY (counter, day)
);
CREATE INDEX ON suedwest.closed_day (station_key);

CREATE TABLE suedwest.counter_reading (
    counter        text NOT NULL,
    cell           text NOT NULL,
    time           timestamptz NOT NULL,
    number         bigint NOT NULL,
    PRIMARY KEY (counter, cell)
);

CREATE TABLE suedwest.bay_state (
    bay_group      text NOT NULL,              -- made of the station's key and the list of its bays
    position       integer NOT NULL,           -- in that list; no bay is named
    occupied       boolean NOT NULL,
    time           timestamptz NOT NULL,
    PRIMARY KEY (bay_group, position)
);
"""


def upgrade() -> None:
    op.execute(EVENTS)
    op.execute(BINS)


def downgrade() -> None:
    op.execute("""
        DROP TABLE suedwest.event, suedwest.event_feed, suedwest.partial_bin,
            suedwest.counter_rule, suedwest.closed_day, suedwest.counter_reading,
            suedwest.bay_state
    """)
