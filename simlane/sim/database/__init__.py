"""Rules and indexes that the databases hold beside Django's models."""
