"""The rule kinds of the core, one module each: the fields, what they read, and the query that decides every subject at once."""
