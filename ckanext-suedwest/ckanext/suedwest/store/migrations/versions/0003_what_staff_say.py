"""What everybody may know of marks and corrections; mountings that staff have edited.

Revision ID: 0003
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# The tables name people, so the role that pages read with sees views of them: a view reads with
# the rights of its owner.
CHANGES = """
ALTER TABLE suedwest.mark ADD COLUMN note_public boolean NOT NULL DEFAULT false;
ALTER TABLE suedwest.correction ADD COLUMN note_public boolean NOT NULL DEFAULT false;
ALTER TABLE suedwest.derivation
    ADD COLUMN edited boolean NOT NULL DEFAULT false; -- by staff: no batch replaces its mountings

CREATE VIEW suedwest.public_mark AS
SELECT id, datastream_id, start, until, says, CASE WHEN note_public THEN note END AS note
FROM suedwest.mark WHERE withdrawn_at IS NULL;

CREATE VIEW suedwest.public_correction AS
SELECT datastream_id, phenomenon_time, result, original, made_at,
       CASE WHEN note_public THEN note END AS note
FROM suedwest.correction;
"""


def upgrade() -> None:
    op.execute(CHANGES)


def downgrade() -> None:
    op.execute("""
        DROP VIEW suedwest.public_mark, suedwest.public_correction;
        ALTER TABLE suedwest.derivation DROP COLUMN edited;
        ALTER TABLE suedwest.correction DROP COLUMN note_public;
        ALTER TABLE suedwest.mark DROP COLUMN note_public;
    """)
