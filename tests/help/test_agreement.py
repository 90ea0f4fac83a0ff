"""The help says the same everywhere of what the site does."""

from __future__ import annotations

import pytest
from django.test import Client

from simlane.results.readers import SIMULATORS
from simlane.sim.identity.platforms import KNOWN_SIMULATORS

pytestmark = pytest.mark.django_db


def test_the_table_of_proofs_offers_a_code_where_results_come_in_and_nowhere_else(client: Client) -> None:
    page = client.get("/help/verification/").content.decode()
    for simulator in KNOWN_SIMULATORS:
        row = page.split(f"<tr><td>{simulator.name}</td>")[1].split("</tr>")[0]
        assert ("code" in row) is (simulator.slug in SIMULATORS), simulator.name


@pytest.mark.parametrize("article", ["gran-turismo-7"])
def test_where_no_results_come_in_the_article_says_that_a_code_does_not_work(client: Client, article: str) -> None:
    assert "does not work" in client.get(f"/help/{article}/").content.decode()
