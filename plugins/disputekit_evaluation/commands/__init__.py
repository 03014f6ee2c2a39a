"""The commands, each in a module of its own; imported only when called."""
