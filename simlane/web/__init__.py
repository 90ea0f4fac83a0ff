"""Shared by all rooms that show pages or run commands; nothing here knows the domain."""
