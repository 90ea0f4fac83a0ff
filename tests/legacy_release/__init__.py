"""The old release, frozen: its models at `sim.0008` and the statements its pages make, as a process of its own.

It shares nothing with simlane/: what it does is what an old install does while the upgrade runs beside it.
"""
