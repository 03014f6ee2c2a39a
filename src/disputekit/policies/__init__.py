"""Policy packs: the rules as data, with their sources in law, their dated parameters and their examples."""
