"""The platforms' own ids, and names as they are compared."""
