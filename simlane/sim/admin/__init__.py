"""What staff see of the domain. Links change through the same rules as everywhere."""

from simlane.sim.admin import claims, merges, profiles, results

__all__ = ["claims", "merges", "profiles", "results"]
