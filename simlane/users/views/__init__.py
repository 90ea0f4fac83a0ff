"""The members' pages, one file a family."""
