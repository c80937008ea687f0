"""Timetables of public transport, and what is reported of them.

Revision ID: 0007
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TIMETABLES = """
CREATE TABLE suedwest.timetable (
    id             integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source_id      text NOT NULL REFERENCES suedwest.source ON DELETE CASCADE,
    municipality   text NOT NULL,
    in_force       boolean NOT NULL,           -- false: it shrank too much to be believed yet
    zone           text NOT NULL,
    agency         text NOT NULL,
    operator       jsonb NOT NULL,
    licence        jsonb NOT NULL,
    simulated      boolean NOT NULL,
    first_day      date,
    last_day       date,
    trips          integer NOT NULL,
    refused        integer NOT NULL,
    read_at        timestamptz NOT NULL
);
CREATE UNIQUE INDEX ON suedwest.timetable (source_id) WHERE in_force;

CREATE TABLE suedwest.timetable_stop (
    timetable_id   integer NOT NULL REFERENCES suedwest.timetable ON DELETE CASCADE,
    stop_id        text NOT NULL,
    slug           text NOT NULL,
    name           text NOT NULL,
    longitude      float8 NOT NULL,
    latitude       float8 NOT NULL,
    lines          text[] NOT NULL,
    PRIMARY KEY (timetable_id, stop_id)
);
CREATE INDEX ON suedwest.timetable_stop (slug);

CREATE TABLE suedwest.timetable_line (
    timetable_id   integer NOT NULL REFERENCES suedwest.timetable ON DELETE CASCADE,
    line_id        text NOT NULL,
    name           text NOT NULL,
    long_name      text NOT NULL,
    mode           text NOT NULL,
    path           jsonb NOT NULL,             -- [[longitude, latitude], …] of its longest trip
    PRIMARY KEY (timetable_id, line_id)
);

CREATE TABLE suedwest.timetable_service (
    timetable_id   integer NOT NULL REFERENCES suedwest.timetable ON DELETE CASCADE,
    service_id     text NOT NULL,
    days           date[] NOT NULL,
    PRIMARY KEY (timetable_id, service_id)
);

-- `seconds` count from noon minus twelve hours of the service day.
CREATE TABLE suedwest.timetable_call (
    timetable_id   integer NOT NULL REFERENCES suedwest.timetable ON DELETE CASCADE,
    stop_id        text NOT NULL,
    trip_id        text NOT NULL,
    sequence       integer NOT NULL,
    seconds        integer NOT NULL,
    service_id     text NOT NULL,
    line_id        text NOT NULL,
    headsign       text NOT NULL
);
CREATE INDEX ON suedwest.timetable_call (timetable_id, stop_id);

-- The newest report only: what became of trips is told, not kept.
CREATE TABLE suedwest.timetable_report (
    source_id      text PRIMARY KEY REFERENCES suedwest.source ON DELETE CASCADE,
    timetable      text NOT NULL,              -- the source of the timetable it speaks of
    made_at        timestamptz NOT NULL,
    updates        jsonb NOT NULL,
    alerts         jsonb NOT NULL
);
CREATE INDEX ON suedwest.timetable_report (timetable);
"""


def upgrade() -> None:
    op.execute(TIMETABLES)


def downgrade() -> None:
    op.execute("""
        DROP TABLE suedwest.timetable_report, suedwest.timetable_call,
            suedwest.timetable_service, suedwest.timetable_line, suedwest.timetable_stop,
            suedwest.timetable
    """)
