"""Runs the migrations of the plugin `suedwest_charts` in the catalogue's database."""

from __future__ import annotations

from alembic import context
from sqlalchemy import engine_from_config, pool

_VERSION_TABLE = "suedwest_charts_alembic_version"


def _run() -> None:
    section = context.config.get_section(context.config.config_ini_section) or {}
    engine = engine_from_config(section, prefix="sqlalchemy.", poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(connection=connection, version_table=_VERSION_TABLE)
        with context.begin_transaction():
            context.run_migrations()


_run()
