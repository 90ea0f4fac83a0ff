"""The domain in the admin. Links change by the same rules as everywhere."""

from simlane.sim.admin import claims, merges, profiles, results

__all__ = ["claims", "merges", "profiles", "results"]
