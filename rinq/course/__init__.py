"""What the lessons need."""
