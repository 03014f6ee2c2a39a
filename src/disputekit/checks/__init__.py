"""Stage 2: what the checks read is put into one wide table per subject, and each check is one query over it."""
