"""From the old model (`sim.0008`, a profile owned by a user) to this one and back: what migrations 0009 to 0012 do."""
