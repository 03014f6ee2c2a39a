"""What a run leaves behind: a folder whose manifest says what was checked, what was found, and what couldn't be."""
