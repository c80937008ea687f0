"""Runs the revisions on the connection, and in the transaction, that `store.migrate` opened."""

from alembic import context

from ckanext.suedwest.store.migrate import SCHEMA

context.configure(
    connection=context.config.attributes["connection"],
    version_table_schema=SCHEMA,
)
context.run_migrations()
