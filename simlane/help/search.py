"""Finding an article: folded substrings in titles and texts, read once from the templates."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser

from django.template.loader import render_to_string

from simlane.help.articles import BY_SLUG, Article, deadlines
from simlane.sim.identity.names import fold

MAX_LENGTH = 100
#: Words around the first match that a snippet shows.
BEFORE, AFTER = 8, 22
#: How much more a word says in a title, in a heading or a summary, and in the words people use, than in a text.
IN_TITLE, IN_HEADING, IN_ALSO, IN_TEXT = 10, 4, 4, 1
BLOCKS = {"p", "li", "td", "th", "dt", "dd", "h2", "h3"}


@dataclass(frozen=True, slots=True)
class Section:
    """A part of an article: the text under the heading with this id, or before the first heading."""

    anchor: str
    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class Hit:
    """An article, the section that fits best, and a piece of it: words, each with whether it was searched for."""

    article: Article
    section: Section
    snippet: list[tuple[str, bool]]


class _Sections(HTMLParser):
    """Takes an article apart at its headings."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[dict[str, str]] = [{"anchor": "", "heading": "", "text": ""}]
        self._into = "text"

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag == "h2":
            self.found.append({"anchor": dict(attributes).get("id") or "", "heading": "", "text": ""})
            self._into = "heading"

    def handle_endtag(self, tag: str) -> None:
        if tag in BLOCKS:
            self.found[-1][self._into] += " "
        if tag == "h2":
            self._into = "text"

    def handle_data(self, data: str) -> None:
        self.found[-1][self._into] += data


@cache
def sections(slug: str) -> tuple[Section, ...]:
    """The text of an article; its template is the same for everybody."""
    parser = _Sections()
    parser.feed(render_to_string(BY_SLUG[slug].template, deadlines()))
    parser.close()
    return tuple(
        Section(**{name: " ".join(text.split()) for name, text in section.items()})
        for section in parser.found
        if section["text"].strip()
    )


def key(text: str) -> str:
    """The text as the search compares it: folded as names are, without hyphens and apostrophes."""
    return re.sub(r"[-‑'’]", "", fold(text))


def search(query: str) -> list[Hit]:
    """The articles that hold every word of the query, the best first; none for an empty one."""
    words = key(query).split()
    scored = [(score, hit) for article in BY_SLUG.values() if (score := _score(article, words))
              for hit in [_hit(article, words)]]  # fmt: skip
    return [hit for _, hit in sorted(scored, key=lambda found: -found[0])]


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
    shown = pieces[start:end]
    if start:
        shown.insert(0, ("…", False))
    if end < len(pieces):
        shown.append(("…", False))
    return shown
