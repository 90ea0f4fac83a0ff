"""Linking, proving, claiming and merging profiles; the history of it and who is told."""
