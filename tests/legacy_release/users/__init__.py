"""The old release: accounts."""
