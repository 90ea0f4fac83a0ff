"""One spelling on every page, also on the pages of libraries."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from django.test import Client
from django.utils.translation import gettext

import simlane
from simlane.users.models import User

ROOT = Path(simlane.__file__).parent
#: Spellings this site does not use, in the texts of its pages.
OTHERS = re.compile(r"\b(Sign In|Sign Up|Sign Out|Signup|Email|email|Two-Factor|Change Password|Email Addresses)\b")
PAGES = (
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/password/reset/",
    "/accounts/password/reset/done/",
    "/accounts/confirm-email/",
    "/accounts/confirm-email/none/",
    "/accounts/password/reset/key/x-y-z/",
)
MEMBERS_PAGES = (
    "/accounts/email/",
    "/accounts/password/set/",
    "/accounts/2fa/",
    "/accounts/logout/",
    "/accounts/2fa/totp/activate/",
    "/accounts/2fa/recovery-codes/generate/",
    "/accounts/3rdparty/",
)


def texts(page: str) -> str:
    """What a reader of the page reads."""
    return re.sub(r"<(script|style)[^>]*>.*?</\1>|<[^>]+>", " ", page, flags=re.S)


def unquoted(lines: str) -> str:
    return "".join(map(ast.literal_eval, re.findall(r'"(?:[^"\\]|\\.)*"', lines)))


def test_the_compiled_words_are_those_of_the_source() -> None:
    """`msgfmt -o django.mo django.po` makes one from the other."""
    source = (ROOT / "locale/en/LC_MESSAGES/django.po").read_text()
    text = r'((?:"(?:[^"\\]|\\.)*"\s*)+)'
    found = re.findall(rf"msgid {text}msgstr {text}", source)
    assert len(found) > 100
    for given, wanted in found[1:]:
        assert gettext(unquoted(given)) == unquoted(wanted)


@pytest.mark.django_db
@pytest.mark.parametrize("address", PAGES + MEMBERS_PAGES)
def test_every_page_of_an_account_is_in_this_sites_spelling(client: Client, address: str) -> None:
    if address in MEMBERS_PAGES:
        client.force_login(
            User.objects.create_user("member", "member@example.org"), "django.contrib.auth.backends.ModelBackend"
        )
    response = client.get(address, follow=True)
    assert response.status_code in (200, 404)
    assert not OTHERS.findall(texts(response.content.decode()))
