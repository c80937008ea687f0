"""Findings beside the flags, mountings and derived levels, marks, corrections, health of devices.

Revision ID: 0002
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = """
ALTER TABLE suedwest.observation
    ADD COLUMN findings smallint NOT NULL DEFAULT 0, -- bits of domain.quality.Finding
    ADD COLUMN told_quality smallint;                -- as the source told it; NULL: as `quality`

-- A level that is reckoned from what a sensor measures, by the mounting of the time.
CREATE TABLE suedwest.derivation (
    level_id       integer PRIMARY KEY REFERENCES suedwest.datastream ON DELETE CASCADE,
    raw_id         integer NOT NULL REFERENCES suedwest.datastream ON DELETE CASCADE,
    CHECK (level_id <> raw_id)
);
CREATE INDEX ON suedwest.derivation (raw_id);

CREATE TABLE suedwest.mounting (
    level_id       integer NOT NULL REFERENCES suedwest.derivation ON DELETE CASCADE,
    valid_from     timestamptz NOT NULL,
    valid_until    timestamptz,                -- NULL: until further notice
    measured       text NOT NULL CHECK (measured IN ('distance', 'depth')),
    height_mm      double precision NOT NULL,  -- of the sensor above the gauge's zero
    offset_cm      double precision NOT NULL,
    blanking_mm    double precision,
    zero_reference text,
    zero_metres    double precision,
    zero_valid_from date,
    PRIMARY KEY (level_id, valid_from),
    CHECK (valid_until > valid_from),
    CHECK ((zero_reference IS NULL) = (zero_metres IS NULL))
);

CREATE TABLE suedwest.quality_limit (
    datastream_id  integer PRIMARY KEY REFERENCES suedwest.datastream ON DELETE CASCADE,
    overrides      jsonb NOT NULL              -- limit → number, or null: the test is off
);

-- What staff say of a span; of several that meet, the one with the highest id counts.
CREATE TABLE suedwest.mark (
    id             integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    datastream_id  integer NOT NULL REFERENCES suedwest.datastream ON DELETE CASCADE,
    start          timestamptz NOT NULL,
    until          timestamptz,                -- NULL: until further notice
    says           text NOT NULL CHECK (says IN ('maintenance', 'doubted', 'good')),
    note           text NOT NULL,
    author         text NOT NULL,
    made_at        timestamptz NOT NULL,
    withdrawn_at   timestamptz,
    withdrawn_by   text,
    CHECK (until > start)
);
CREATE INDEX ON suedwest.mark (datastream_id);

CREATE TABLE suedwest.correction (
    datastream_id  integer NOT NULL REFERENCES suedwest.datastream ON DELETE CASCADE,
    phenomenon_time timestamptz NOT NULL,
    result         double precision NOT NULL,
    original       double precision NOT NULL,  -- what the source had told
    note           text NOT NULL,
    author         text NOT NULL,
    made_at        timestamptz NOT NULL,
    PRIMARY KEY (datastream_id, phenomenon_time)
);

CREATE TABLE suedwest.device_report (
    source_id      text NOT NULL REFERENCES suedwest.source ON DELETE CASCADE,
    device         text NOT NULL,              -- key of the station its values belong to
    time           timestamptz NOT NULL,
    frame_counter  bigint,
    missed         bigint NOT NULL,           -- frames between the report before it and this one
    battery_volts  double precision,
    battery_percent double precision,
    rssi_dbm       double precision,
    snr_db         double precision,
    PRIMARY KEY (source_id, device, time)
);

ALTER TABLE suedwest.quarantine
    ADD COLUMN settled text CHECK (settled IN ('replayed', 'removed')), -- NULL: still waiting
    ADD COLUMN settled_at timestamptz;
CREATE INDEX ON suedwest.quarantine (source_id, last_received_at DESC, id DESC);
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    op.execute("""
        ALTER TABLE suedwest.quarantine DROP COLUMN settled, DROP COLUMN settled_at;
        DROP INDEX suedwest.quarantine_source_id_last_received_at_id_idx;
        DROP TABLE suedwest.device_report, suedwest.correction, suedwest.mark,
            suedwest.quality_limit, suedwest.mounting, suedwest.derivation;
        UPDATE suedwest.observation SET quality = told_quality WHERE told_quality IS NOT NULL;
        ALTER TABLE suedwest.observation DROP COLUMN findings, DROP COLUMN told_quality
    """)
