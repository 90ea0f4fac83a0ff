"""`LEGACY_DATABASE_URL=... python -m tests.legacy_release`: a JSON line in, `["page", arguments...]`, and one out."""

from __future__ import annotations

import json
import os
import sys

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.legacy_release.settings"


def main() -> None:
    django.setup()
    from tests.legacy_release import pages

    print("ready", flush=True)
    for line in sys.stdin:
        page, *arguments = json.loads(line)
        try:
            answer = {"answer": getattr(pages, page)(*arguments)}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
