"""The help: its list of articles, the search in it, and an article."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from simlane.help.articles import BY_SLUG, GROUPS, bounds
from simlane.help.search import MAX_LENGTH, search
from simlane.web.listing import show


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Every article, or with `q` those that hold all its words, the best first."""
    query = " ".join(request.GET.get("q", "").replace("\0", "").split())[:MAX_LENGTH]
    return show(request, "help/index.html", {"groups": GROUPS, "query": query, "hits": search(query)})


@require_safe
def article(request: HttpRequest, slug: str) -> HttpResponse:
    """One article."""
    found = BY_SLUG.get(slug)
    if found is None:
        raise Http404
    beside = [other for group in GROUPS if found in group.articles for other in group.articles]
    return render(request, "help/article.html", {"article": found, "beside": beside, **bounds()})
