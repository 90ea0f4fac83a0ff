"""A driver's career in numbers."""
