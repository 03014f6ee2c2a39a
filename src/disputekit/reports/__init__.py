"""What readers get of an assessment."""
