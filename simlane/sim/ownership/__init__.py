"""Linking, proving, claiming and merging profiles, with the history and the events of these changes."""
