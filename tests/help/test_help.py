"""The help: every article is there, leads only to what exists, and is found by the words people use."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from simlane.help.articles import BY_SLUG, GROUPS, Article
from simlane.help.search import key, search, sections
from simlane.results.readers import READERS
from simlane.sim.identity.platforms import KNOWN_SIMULATORS
from simlane.sim.ownership.claims import MAX_PICTURES
from simlane.sim.ownership.codes import VALID
from simlane.users.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.on_sqlite]

ARTICLES = Path(__file__).parents[2] / "simlane/help/templates/help/articles"
ADDRESSES = ["/help/", *(f"/help/{slug}/" for slug in BY_SLUG)]


def links(page: str) -> set[str]:
    main = page[page.index("<main") : page.index("</main>")]
    return set(re.findall(r'<a [^>]*href="([^"]+)"', main))


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_link_leads_to_a_page_and_every_anchor_to_a_heading(client: Client, address: str) -> None:
    page = client.get(address)
    assert page.status_code == 200
    client.force_login(User.objects.create_user("reader"))
    for link in links(page.content.decode()):
        parts = urlsplit(link)
        assert not parts.netloc, f"{link} leads away from the site"
        target = client.get(parts.path or address)
        assert target.status_code == 200, link
        if parts.fragment:
            assert f'id="{parts.fragment}"' in target.content.decode(), link


def test_titles_summaries_and_addresses_are_unique(client: Client) -> None:
    titles = [re.search("<title>(.*?)</title>", client.get(address).content.decode(), re.S) for address in ADDRESSES]
    assert None not in titles
    assert len({title[1] for title in titles if title}) == len(ADDRESSES)
    articles = [article for group in GROUPS for article in group.articles]
    assert len(articles) == len(BY_SLUG) == len({article.summary for article in articles})


def test_no_article_is_left_out_of_the_list(client: Client) -> None:
    assert {path.stem for path in ARTICLES.glob("*.html")} == set(BY_SLUG)
    page = client.get("/help/").content.decode()
    for article in BY_SLUG.values():
        assert f"/help/{article.slug}/" in page


@pytest.mark.parametrize("slug", BY_SLUG)
def test_an_article_has_text_and_one_heading_of_each_id(client: Client, slug: str) -> None:
    assert sum(len(section.text.split()) for section in sections(slug)) > 60
    ids = re.findall(r'id="([^"]+)"', client.get(f"/help/{slug}/").content.decode())
    assert len(ids) == len(set(ids))


def test_an_unknown_article_is_a_404(client: Client) -> None:
    assert client.get("/help/no-such-article/").status_code == 404


@pytest.mark.parametrize(
    ("query", "best"),
    [
        ("who can see my profile", "privacy"),
        ("WHO can SEE", "privacy"),
        ("stéam", "steam"),
        ("LMU", "steam"),
        ("customer id iracing", "iracing"),
        ("playstation", "gran-turismo-7"),
        ("code", "code"),
        ("delete my account", "your-data"),
        ("gdpr export", "your-data"),
        ("somebody took my profile", "dispute"),
        ("unsubscribe", "notifications"),
        ("former names", "search"),
        ("email", "notifications"),
        ("e-mail", "notifications"),
        ("dumpLeaderboards", "result-files"),
        ("older simlane", "upgrade"),
        ("duplicate", "merging"),
        ("pictures", "claim"),
    ],
)
def test_the_search_puts_the_article_that_answers_first(query: str, best: str) -> None:
    hits = search(query)
    assert [hit.article.slug for hit in hits][:1] == [best]


def test_a_hit_leads_to_its_section_and_shows_why(client: Client) -> None:
    page = client.get("/help/", {"q": "sixty days"}).content.decode()
    assert "Nothing in the help about this" in page
    (hit,) = [hit for hit in search("day 10") if hit.article.slug == "verification"]
    assert hit.section.anchor == "lapse"
    assert ("10", True) in hit.snippet
    page = client.get("/help/", {"q": "day 10"}).content.decode()
    assert "/help/verification/#lapse" in page
    assert "<mark>10</mark>" in page


@pytest.mark.parametrize("query", ["", "   ", "\0", "-", "'"])
def test_a_query_of_nothing_shows_the_list(client: Client, query: str) -> None:
    assert search(query) == []
    assert client.get("/help/", {"q": query}).status_code == 200


def test_a_query_is_shown_as_text_and_cut(client: Client) -> None:
    page = client.get("/help/", {"q": "<script>" + "x" * 500}).content.decode()
    assert "<script>x" not in page
    assert "x" * 101 not in page[page.index("<main") :]


def test_htmx_gets_the_part(client: Client) -> None:
    part = client.get("/help/", {"q": "steam"}, headers={"HX-Request": "true"}).content.decode()
    assert 'id="results"' in part
    assert "<html" not in part


def test_help_asks_the_database_nothing(client: Client, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    client.get("/help/")
    # The flag of the rollout is read where no process has it yet.
    with django_assert_max_num_queries(1):
        client.get("/help/", {"q": "code"})
        client.get("/help/code/")


def test_help_is_there_where_the_public_pages_are_not(client: Client, settings) -> None:
    settings.WAFFLE_FLAG_DEFAULT = False
    assert client.get("/profiles/").status_code == 404
    for address in ADDRESSES:
        page = client.get(address)
        assert page.status_code == 200
        assert not [link for link in links(page.content.decode()) if link.startswith(("/profiles/", "/events/"))]


def test_every_simulator_has_its_place_in_the_table_of_proofs() -> None:
    text = " ".join(section.text for section in sections("verification"))
    for simulator in KNOWN_SIMULATORS:
        assert simulator.name in text


FORMATS = ["iracing", "acc", "ac", "ams2", "raceroom", "rfactor", "iracing-csv", "simlane-csv"]


def test_the_formats_the_help_names_are_those_that_are_read() -> None:
    """A new reader changes what is true in result-files, code, raceroom and gran-turismo-7."""
    assert {reader.slug for reader in READERS} == set(FORMATS)


def test_the_numbers_are_the_sites(client: Client, settings) -> None:
    settings.LINK_REMINDER_DAYS, settings.LINK_LAPSE_DAYS = 20, 30
    page = client.get("/help/verification/").content.decode()
    assert "After 30 days" in page
    assert "On day 20" in page
    # Written out in claim and code.
    assert MAX_PICTURES == 3
    assert timedelta(days=7) == VALID
    assert settings.ACCOUNT_RATE_LIMITS["data"] == "5/h/user"


def test_help_is_in_the_navigation_and_the_footer(client: Client) -> None:
    page = client.get("/").content.decode()
    header, footer = page[: page.index("</header>")], page[page.index("<footer") :]
    assert 'href="/help/"' in header
    assert 'href="/help/"' in footer
    assert 'href="/help/privacy/"' in footer


def test_a_word_counts_most_in_a_title_and_least_in_a_text() -> None:
    """A title's word outranks heading, summary, other words and text together; each of those outranks a text."""

    def rank(article: Article, word: str) -> int:
        parts = sections(article.slug)
        if word in key(article.title):
            return 0
        headings = " ".join([article.summary, *(part.heading for part in parts)])
        return 1 if word in key(headings) or word in key(article.also) else 2

    words = {word for article in BY_SLUG.values() for word in key(f"{article.title} {article.also}").split()}
    ranks = {word: [rank(hit.article, word) for hit in search(word)] for word in words}
    assert {word: found for word, found in ranks.items() if found != sorted(found)} == {}
    for better, worse in ((0, 1), (0, 2), (1, 2)):
        assert any({better, worse} <= set(found) for found in ranks.values()), "the articles show no such case"
