"""What every page and command shares; nothing here knows the domain."""
