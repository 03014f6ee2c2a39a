"""Where migrations run: on the connection that `history` opened, in its transaction."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], version_table="emergency_version")
with context.begin_transaction():
    context.run_migrations()
