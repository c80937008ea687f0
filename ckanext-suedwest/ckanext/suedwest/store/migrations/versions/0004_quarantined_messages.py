"""The whole message a refused record came in, so that it can be read again.

Revision ID: 0004
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        ALTER TABLE suedwest.quarantine
            ADD COLUMN topic text,
            ADD COLUMN message bytea,             -- NULL: it cannot be read again
            ADD COLUMN message_times timestamptz[] -- when this very message came
    """)


def downgrade() -> None:
    op.execute("""
        ALTER TABLE suedwest.quarantine
            DROP COLUMN message_times, DROP COLUMN message, DROP COLUMN topic
    """)
