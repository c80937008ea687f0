"""The observation store: sources, stations, datastreams, observations.

Revision ID: 0001
"""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE suedwest.source (
    id             text PRIMARY KEY,
    type           text NOT NULL,
    municipality   text,                       -- NULL: owned by the platform
    url            text NOT NULL,
    options        jsonb NOT NULL DEFAULT '{}',
    interval_s     integer NOT NULL CHECK (interval_s > 0),
    managed_by     text NOT NULL DEFAULT 'file' CHECK (managed_by IN ('file', 'portal')),
    enabled        boolean NOT NULL DEFAULT true,
    state          jsonb NOT NULL DEFAULT '{}', -- what the poller remembers (ETag, catch-up marks)
    lease_holder   text,
    lease_until    timestamptz,
    generation     bigint NOT NULL DEFAULT 0,  -- fencing: grows with every claim
    next_poll_at   timestamptz NOT NULL DEFAULT '-infinity',
    last_attempt_at timestamptz,
    last_success_at timestamptz,
    last_error     text,
    failures       integer NOT NULL DEFAULT 0  -- in a row
);

-- Which stations of a shared source a municipality shows: one station by its id, or all of a water.
CREATE TABLE suedwest.selection (
    source_id      text NOT NULL REFERENCES suedwest.source ON DELETE CASCADE,
    municipality   text NOT NULL,
    selects        text NOT NULL CHECK (selects IN ('id', 'water')),
    value          text NOT NULL,
    relation       text NOT NULL DEFAULT 'near' CHECK (relation IN ('inside', 'near')),
    PRIMARY KEY (source_id, municipality, selects, value)
);

CREATE TABLE suedwest.station (
    id             integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key            text NOT NULL UNIQUE,
    kind           text NOT NULL,
    slug           text NOT NULL UNIQUE,       -- name of the CKAN package and of its pages
    name           text NOT NULL,
    water          text,
    number         text,
    longitude      double precision,
    latitude       double precision,
    operator       jsonb NOT NULL,
    licence        jsonb NOT NULL,
    remark         text,
    properties     jsonb NOT NULL DEFAULT '{}',
    source_id      text NOT NULL REFERENCES suedwest.source,
    first_seen_at  timestamptz NOT NULL,
    last_seen_at   timestamptz NOT NULL,
    gone_at        timestamptz,                -- the source stopped listing it; values stay
    CHECK ((longitude IS NULL) = (latitude IS NULL))
);
CREATE INDEX ON suedwest.station (source_id);

CREATE TABLE suedwest.station_municipality (
    station_id     integer NOT NULL REFERENCES suedwest.station ON DELETE CASCADE,
    municipality   text NOT NULL,
    relation       text NOT NULL DEFAULT 'near' CHECK (relation IN ('inside', 'near')),
    PRIMARY KEY (station_id, municipality)
);

CREATE TABLE suedwest.datastream (
    id             integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    station_id     integer NOT NULL REFERENCES suedwest.station ON DELETE CASCADE,
    name           text NOT NULL,
    observed_property text NOT NULL,
    unit           text NOT NULL,
    interval_s     integer,
    day_rule       text NOT NULL CHECK (day_rule IN ('mez', 'civil')),
    visibility     text NOT NULL DEFAULT 'public' CHECK (visibility IN ('public', 'internal')),
    remark         text,
    resource_id    uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    UNIQUE (station_id, name)
);

-- Only ever added to; the row with the highest id is what the source says now.
CREATE TABLE suedwest.datum (
    id             integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    datastream_id  integer NOT NULL REFERENCES suedwest.datastream ON DELETE CASCADE,
    valid_from     date,                       -- NULL: the source does not say since when
    reference      text NOT NULL,
    metres         double precision NOT NULL,
    first_seen_at  timestamptz NOT NULL
);
CREATE INDEX ON suedwest.datum (datastream_id, id);

CREATE TABLE suedwest.threshold (
    datastream_id  integer NOT NULL REFERENCES suedwest.datastream ON DELETE CASCADE,
    kind           text NOT NULL,
    code           text NOT NULL,
    municipality   text NOT NULL DEFAULT '',   -- '' for official and statistical ones
    level          double precision NOT NULL,
    direction      text NOT NULL CHECK (direction IN ('above', 'below')),
    label          text NOT NULL,
    source         text NOT NULL,
    severity       integer,
    PRIMARY KEY (datastream_id, kind, code, municipality)
);

CREATE TABLE suedwest.observation (
    datastream_id  integer NOT NULL,
    phenomenon_time timestamptz NOT NULL,
    result         double precision NOT NULL,
    quality        smallint NOT NULL,
    received_at    timestamptz NOT NULL,
    PRIMARY KEY (datastream_id, phenomenon_time)
) PARTITION BY RANGE (phenomenon_time);

CREATE TABLE suedwest.observation_revision (
    datastream_id  integer NOT NULL,
    phenomenon_time timestamptz NOT NULL,
    result         double precision NOT NULL,
    quality        smallint NOT NULL,
    received_at    timestamptz NOT NULL,
    replaced_at    timestamptz NOT NULL
);
CREATE INDEX ON suedwest.observation_revision (datastream_id, phenomenon_time);

CREATE TABLE suedwest.observation_hour (
    datastream_id  integer NOT NULL,
    start          timestamptz NOT NULL,
    good_count     integer NOT NULL,
    good_min       double precision,
    good_mean      double precision,
    good_max       double precision,
    doubted_count  integer NOT NULL,
    doubted_min    double precision,
    doubted_max    double precision,
    PRIMARY KEY (datastream_id, start)
);
CREATE TABLE suedwest.observation_day (
    datastream_id  integer NOT NULL,
    day            date NOT NULL,              -- by the day rule of the datastream
    good_count     integer NOT NULL,
    good_min       double precision,
    good_mean      double precision,
    good_max       double precision,
    doubted_count  integer NOT NULL,
    doubted_min    double precision,
    doubted_max    double precision,
    PRIMARY KEY (datastream_id, day)
);

CREATE TABLE suedwest.datastream_state (
    datastream_id  integer PRIMARY KEY REFERENCES suedwest.datastream ON DELETE CASCADE,
    latest_time    timestamptz NOT NULL,       -- newest of all
    latest_result  double precision NOT NULL,
    latest_quality smallint NOT NULL,
    good_time      timestamptz,                -- newest that counts
    good_result    double precision,
    first_time     timestamptz NOT NULL,
    total          bigint NOT NULL,            -- rows of the datastream
    changed_at     timestamptz NOT NULL
);

CREATE TABLE suedwest.receipt (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source_id      text NOT NULL REFERENCES suedwest.source,
    received_at    timestamptz NOT NULL,
    written_at     timestamptz NOT NULL,
    received       integer NOT NULL,
    stored         integer NOT NULL,
    unchanged      integer NOT NULL,
    corrected      integer NOT NULL,
    suppressed     integer NOT NULL DEFAULT 0,
    quarantined    integer NOT NULL,
    CHECK (received = stored + unchanged + corrected + suppressed + quarantined)
);
CREATE INDEX ON suedwest.receipt (source_id, written_at);

CREATE TABLE suedwest.quarantine (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source_id      text NOT NULL REFERENCES suedwest.source,
    record         text NOT NULL,
    reason         text NOT NULL,
    payload        text NOT NULL,
    first_received_at timestamptz NOT NULL,
    last_received_at timestamptz NOT NULL,
    times          integer NOT NULL DEFAULT 1,
    fingerprint    text NOT NULL,              -- sha256 of record, reason and payload: a repeat counts up
    UNIQUE (source_id, fingerprint)
);

CREATE TABLE suedwest.outbox (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    station_id     integer NOT NULL,
    reason         text NOT NULL CHECK (reason IN ('new', 'changed', 'gone', 'back')),
    written_at     timestamptz NOT NULL
);
"""

# The function behind every live resource. Plain SQL and STABLE, so that PostgreSQL inlines it.
# `_id` is the time in microseconds since 1970: date_part is exact to the microsecond until 2106 and
# takes half the time of extract. A datastream that became internal is empty here at once, before
# its view is removed; the condition is evaluated once per query.
SERIES = """
CREATE FUNCTION suedwest.series(integer)
RETURNS TABLE (_id bigint, phenomenon_time timestamptz, result double precision,
               quality smallint, received_at timestamptz)
LANGUAGE sql STABLE AS $$
    SELECT (date_part('epoch', o.phenomenon_time) * 1000000)::bigint,
           o.phenomenon_time, o.result, o.quality, o.received_at
    FROM suedwest.observation o
    WHERE o.datastream_id = $1
      AND EXISTS (SELECT FROM suedwest.datastream d WHERE d.id = $1 AND d.visibility = 'public')
$$;
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(SERIES)


def downgrade() -> None:
    op.execute("DROP FUNCTION suedwest.series(integer) CASCADE")
    op.execute("""
        DROP TABLE suedwest.outbox, suedwest.quarantine, suedwest.receipt,
            suedwest.datastream_state, suedwest.observation_day, suedwest.observation_hour,
            suedwest.observation_revision, suedwest.observation, suedwest.threshold,
            suedwest.datum, suedwest.datastream, suedwest.station_municipality, suedwest.station,
            suedwest.selection, suedwest.source
    """)
