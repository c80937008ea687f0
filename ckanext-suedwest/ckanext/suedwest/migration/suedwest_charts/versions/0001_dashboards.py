"""Dashboards of the municipalities: a draft and a published version of each."""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE suedwest_dashboard (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            organization_id text NOT NULL REFERENCES "group" (id) ON DELETE CASCADE,
            name text NOT NULL,
            position integer NOT NULL,
            landing boolean NOT NULL DEFAULT false,
            version integer NOT NULL DEFAULT 1,
            draft jsonb NOT NULL,
            published jsonb,
            changed_at timestamptz NOT NULL DEFAULT now(),
            published_at timestamptz,
            loaded jsonb,
            UNIQUE (organization_id, name),
            CHECK ((published IS NULL) = (published_at IS NULL))
        )
        """
    )
    op.execute(
        "CREATE UNIQUE INDEX suedwest_dashboard_landing ON suedwest_dashboard (organization_id)"
        " WHERE landing"
    )


def downgrade() -> None:
    op.execute("DROP TABLE suedwest_dashboard")
