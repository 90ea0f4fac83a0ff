"""`python -m simlane.upgrade.rehearsal old|new SEED PAUSE`: a client of that release on DATABASE_URL's database."""

from __future__ import annotations

import os
import sys

import django


def main(release: str, seed: str, pause: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "simlane.config.settings")
    django.setup()
    # Models can be imported only now.
    from simlane.upgrade.rehearsal.new_client import NewClient
    from simlane.upgrade.rehearsal.old_client import OldClient

    (OldClient if release == "old" else NewClient)(int(seed), float(pause)).main()


if __name__ == "__main__":
    main(*sys.argv[1:])
