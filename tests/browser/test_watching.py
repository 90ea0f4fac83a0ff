"""The browser fixtures notice what they promise to notice."""

from __future__ import annotations

import pytest

from tests.browser.accessibility import assert_accessible


def test_a_console_error_is_noticed(page, problems):
    page.evaluate("console.error('the script is broken')")
    page.wait_for_timeout(50)
    with pytest.raises(AssertionError, match="the script is broken"):
        problems.check()
    problems.seen.clear()


def test_a_request_to_another_host_is_noticed(page, problems):
    page.set_content("<img src='http://127.0.0.9:1025/pixel.png' alt=''>")
    page.wait_for_load_state("networkidle")
    with pytest.raises(AssertionError, match=r"request to another host: http://127\.0\.0\.9:1025/pixel\.png"):
        problems.check()
    problems.seen.clear()


def test_an_expected_problem_must_happen(problems):
    problems.expect("never happens")
    with pytest.raises(AssertionError, match="never happens"):
        problems.check()
    problems.expected.clear()


def test_an_expected_problem_is_allowed(page, problems):
    problems.expect("status of 404")
    page.goto("/there-is-no-such-page/")


def test_signing_in_lasts(page, sign_in, django_user_model):
    sign_in(django_user_model.objects.create_user("alice"))
    page.goto("/accounts/logout/")
    assert page.locator("form[action*=logout]").count()


def test_a_text_that_only_the_dark_hides_is_noticed(page):
    hidden = "@media (prefers-color-scheme: dark) { body { background: #111; color: #222 } }"
    page.set_content(f"<html lang=en><title>T</title><style>{hidden}</style><main><h1>Headline</h1></main></html>")
    with pytest.raises(AssertionError, match=r"dark\n[\s\S]*color-contrast"):
        assert_accessible(page)


PAGE = "<html lang=en><title>T</title><style>{style}</style><main><h1>Headline</h1>{content}</main></html>"


def test_a_pale_text_in_one_cell_of_many_is_noticed_each_time(page):
    cells = "".join(f"<tr><td><i>{text}</i></td></tr>" for text in ("", "", "1", "1", "two"))
    for _ in range(2):
        page.set_content(PAGE.format(style="i { color: #ccc }", content=f"<table>{cells}</table>"))
        with pytest.raises(AssertionError, match="color-contrast"):
            assert_accessible(page)
    page.set_content(PAGE.format(style="i { color: #333 }", content=f"<table>{cells}</table>"))
    assert_accessible(page)
