"""Finding an article: folded substrings in titles and texts, read once from the templates."""

from __future__ import annotations

import re
from functools import cache
from html import unescape
from typing import NamedTuple

from django.template.loader import render_to_string
from django.utils.html import strip_tags

from simlane.help.articles import BY_SLUG, Article, bounds
from simlane.sim.identity.names import fold

MAX_LENGTH = 100
#: Words around the first match that a snippet shows.
BEFORE, AFTER = 8, 22
#: How much more a word says in a title, in a heading or a summary, and in the words people use, than in a text.
IN_TITLE, IN_HEADING, IN_ALSO, IN_TEXT = 10, 4, 4, 1
CUT = ("…", False)
_HEADING = re.compile(r'<h2 id="([^"]+)"[^>]*>(.*?)</h2>', re.DOTALL)
_BLOCK_END = re.compile(r"</(?:p|li|td|th|dt|dd|h3)>")


class Section(NamedTuple):
    """A part of an article: the text under the heading with this id, or before the first heading."""

    anchor: str
    heading: str
    text: str


class Hit(NamedTuple):
    """An article, the section that fits best, and a piece of it: words, each with whether it was searched for."""

    article: Article
    section: Section
    snippet: list[tuple[str, bool]]


@cache
def sections(slug: str) -> tuple[Section, ...]:
    """The text of an article, a part a heading; its template is the same for everybody."""
    before, *rest = _HEADING.split(render_to_string(BY_SLUG[slug].template, bounds()))
    parts = [("", "", before), *zip(rest[::3], rest[1::3], rest[2::3], strict=True)]
    found = (Section(anchor, _words(heading), _words(html)) for anchor, heading, html in parts)
    return tuple(section for section in found if section.text)


def _words(html: str) -> str:
    return " ".join(unescape(strip_tags(_BLOCK_END.sub(" ", html))).split())


def key(text: str) -> str:
    """The text as the search compares it: folded as names are, without hyphens and apostrophes."""
    return re.sub(r"[-‑'’]", "", fold(text))


def search(query: str) -> list[Hit]:
    """The articles that hold every word of the query, the best first; none for an empty one."""
    words = key(query).split()
    scores = {slug: score for slug, article in BY_SLUG.items() if (score := _score(article, words))}
    return [_hit(BY_SLUG[slug], words) for slug in sorted(scores, key=scores.__getitem__, reverse=True)]


def _score(article: Article, words: list[str]) -> int:
    parts = sections(article.slug)
    places = (
        (IN_TITLE, key(article.title)),
        (IN_HEADING, key(" ".join([article.summary, *(section.heading for section in parts)]))),
        (IN_ALSO, key(article.also)),
        (IN_TEXT, key(" ".join(section.text for section in parts))),
    )
    scores = [sum(weight for weight, text in places if word in text) for word in words]
    return sum(scores) if all(scores) else 0


def _hit(article: Article, words: list[str]) -> Hit:
    """With the section that holds most of the words; the earlier of two."""

    def weight(section: Section) -> int:
        heading, text = key(section.heading), key(section.text)
        return sum(2 * (word in heading) + (word in text) for word in words)

    section = max(sections(article.slug), key=weight)
    return Hit(article, section, _snippet(section.text, words))


def _snippet(text: str, words: list[str]) -> list[tuple[str, bool]]:
    pieces = [(piece, any(word in key(piece) for word in words)) for piece in text.split()]
    first = next((place for place, (_, found) in enumerate(pieces) if found), 0)
    start = max(0, first - BEFORE)
    end = start + BEFORE + AFTER
    return [CUT] * (start > 0) + pieces[start:end] + [CUT] * (end < len(pieces))
