"""Pages that are kept for visitors without an account, until the commit that changes what they show."""
