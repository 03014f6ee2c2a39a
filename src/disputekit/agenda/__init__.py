"""What is open in an assessment, as a list of things to do: one row for each subject and duty."""
