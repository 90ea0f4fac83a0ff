"""Public pages: they read; the rules are in simlane.sim."""
