"""Stage 1: an organisation's exports become the register's typed tables, and what can't be read is listed."""
