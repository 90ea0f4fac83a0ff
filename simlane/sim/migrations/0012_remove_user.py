"""Contract: the owner's column goes, unless `upgrade_profiles` holds it for the old release (sim.legacy.contract).

Going back brings it empty and fills it from the link.
"""

from simlane.sim.legacy import contract, profile_data, recorded


class Migration(recorded.Migration):
    dependencies = [("sim", "0011_add_unique_constraint")]

    operations = [
        recorded.RunPython(profile_data.catch_up, profile_data.fill_user),
        contract.RemoveOwner("simprofile", "user"),
    ]
