"""Finding a driver by id, name or account."""
