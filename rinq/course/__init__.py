"""What the lessons need: the cell magic ``%%rewrite``."""
