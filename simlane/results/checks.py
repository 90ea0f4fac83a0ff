"""The integrity check of imported result files."""

from __future__ import annotations

from django.db.models import Count

from simlane.results.models import ResultFile
from simlane.sim.integrity import SHOWN, Broken, Check


def _files_twice() -> Broken:
    twice = ResultFile.objects.values_list("content_sha256").annotate(files=Count("pk")).filter(files__gt=1).order_by()
    count = twice.count()
    return count, [digest for digest, _ in twice[:SHOWN]] if count else ()


RESULT_FILES = Check("result-files", "9: no result file is in twice", _files_twice)
