"""What the laps of a session say: pace, and the order on the road. Pure functions, which read no tables."""
