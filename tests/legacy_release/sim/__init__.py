"""The old release: profiles that a user owns."""
