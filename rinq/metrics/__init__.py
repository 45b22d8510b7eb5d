"""What a history says, in numbers."""
