"""What `upgrade_profiles plan` finds out, by reading: what is there, what it will take, and what would stop it."""

from simlane.upgrade.plan.collecting import collect
from simlane.upgrade.plan.facts import Facts, as_json
from simlane.upgrade.plan.wording import lines

__all__ = ["Facts", "as_json", "collect", "lines"]
