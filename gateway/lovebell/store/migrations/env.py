"""Alembic's entry: always on the connection that `migrate.upgrade` opened."""

from alembic import context

from lovebell.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transaction_per_migration=False,
)
context.run_migrations()
