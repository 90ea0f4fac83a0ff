"""What rFactor and its relatives write that is no XML is put right and said; what harms is refused or harmless."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from simlane.results.readers import read, rfactor
from simlane.results.source import ResultFileError, Source
from tests.results.rfactor_files import PROLOGUE, document, driver, element, order, parse, refusal, session


def names(text: str | bytes) -> list[str]:
    return order(parse(text))


def of(name: str, **values: object) -> str:
    return document(session(driver(name, 1, **values)))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_every_encoding_says_the_same(encoding: str) -> None:
    event = parse(of("Łucja 早川").encode(encoding))
    assert order(event) == ["Łucja 早川"]
    assert event.notes == []


def test_windows_letters_in_what_calls_itself_utf_8_are_read() -> None:
    event = parse(of("Gérard “Šeb” ¿").encode("cp1252"))
    assert order(event) == ["Gérard “Šeb” ¿"]
    assert event.notes == ["It holds bytes that are no UTF-8: they were read as Windows-1252."]


def test_letters_of_both_kinds_in_one_file_are_each_read() -> None:
    text = document(session(driver("ALICE", 1), driver("BOB", 2)))
    data = text.encode().replace(b"ALICE", "Gérard".encode()).replace(b"BOB", "Jürgen\x81".encode("latin-1"))
    assert names(data) == ["Gérard", "Jürgen"]


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Tom & Jerry", "Tom & Jerry"),
        ("&", "&"),
        ("&rFEnt;", "&rFEnt;"),
        ("&unknown;", "&unknown;"),
        ("A &amp; B", "A & B"),
        ("&#65;&#x42;&lt;C&gt;", "AB<C>"),
        ("&#0;&#xFFFF;&#1114112;", "&#0;&#xFFFF;&#1114112;"),
        ("&#xD800;", "&#xD800;"),
        ("<3 racing", "<3 racing"),
        ("a < b", "a < b"),
        ("x<y", "x<y"),
        ("]]>", "]]>"),
        ("A\0B\x1bC\x7f", "ABC"),
    ],
)
def test_names_are_what_players_typed(written: str, name: str) -> None:
    assert names(of(written)) == [name]


def test_what_was_put_right_is_said() -> None:
    notes = parse(of("A & B\x01 &x; <3")).notes
    assert notes == ["Control characters were left out: 1.", "“&” and “<” that stood in it raw were read as text: 3."]


def test_a_stray_byte_behind_the_end_is_nothing() -> None:
    assert names(of("Alice") + "\n\x7f") == names(of("Alice") + "\0\0\0") == ["Alice"]


def test_what_stands_behind_the_end_otherwise_is_refused() -> None:
    assert "not valid XML" in refusal(of("Alice") + "<Race/>").what


def test_blank_lines_before_the_declaration_are_nothing() -> None:
    assert names("\n\n " + of("Alice")) == ["Alice"]


@pytest.mark.parametrize("prologue", ["", '<?xml version="1.0" encoding="no-such"?>', "<!-- a note -->\n", PROLOGUE])
def test_the_prologue_is_no_matter(prologue: str) -> None:
    assert names(document(session(driver("Alice", 1)), prologue=prologue)) == ["Alice"]


def test_values_within_values_are_not_taken_apart() -> None:
    event = parse(of("Alice", CarType="<b>x</b>", TeamName="Team"))
    entry = event.sessions[0].entries[0]
    assert (entry.car_name, entry.team_name) == ("Livery #1", "Team")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_cut_file_is_refused_with_the_line(share: float) -> None:
    text = document()
    error = refusal(text[: int(len(text) * share)])
    assert error.what.startswith("The file is not valid XML")
    assert error.where.startswith("line ")


def test_the_line_of_an_error_is_the_files() -> None:
    text = of("Alice").replace("</Driver>", "</Car>")
    line = text[: text.index("</Car>")].count("\n") + 1
    assert refusal(text).where.startswith(f"line {line}, column ")


# What harms


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: Any, **options: Any) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)


BOMB = '<!DOCTYPE rF [<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {name} "{f"&{inner};" * 10}">' for inner, name in zip("abcdefghi", "bcdefghij", strict=True)
)


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize(
    ("prologue", "name"),
    [
        ('<!DOCTYPE rF [<!ENTITY x SYSTEM "file:///etc/passwd">]>', "&x;"),
        ('<!DOCTYPE rF [<!ENTITY x SYSTEM "http://198.51.100.1/x">]>', "&x;"),
        ('<!DOCTYPE rF SYSTEM "http://198.51.100.1/x.dtd">', "&x;"),
        ('<!DOCTYPE rF PUBLIC "-//X" "http://198.51.100.1/x.dtd" []>', "&x;"),
        ('<!DOCTYPE rF [<!ENTITY % x SYSTEM "http://198.51.100.1/x"> %x;]>', "&y;"),
        (BOMB + "]>", "&j;"),
    ],
)
def test_no_entity_is_expanded_or_fetched(prologue: str, name: str) -> None:
    assert names(document(session(driver(name, 1)), prologue=prologue)) == [name]


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize(
    "prologue",
    [
        '<!DOCTYPE a [<!ENTITY x "]>">]>',
        '<!DOCTYPE a><!DOCTYPE b [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        "<!DOCTYPE a [[[[",
        '<!DOCTYPE a [<!ENTITY x "<y>">] b>',
    ],
)
def test_a_document_type_of_another_kind_is_refused(prologue: str) -> None:
    error = refusal(document(session(driver("&x;", 1)), prologue=prologue))
    assert "XML" in error.what or "document type" in error.what


def test_xml_that_is_nested_without_end_is_refused() -> None:
    assert "nested too deeply" in refusal(of("<a>" * 100_000)).what


def test_a_value_of_endless_text_is_refused() -> None:
    error = refusal(of("x" * 70_000))
    assert "65536 characters" in error.what
    assert error.where == "Race.Driver.Name"


def test_a_driver_of_endless_values_is_refused() -> None:
    assert "more than 32767 values" in refusal(of("Alice", X="</X><X>" * 33_000)).what


@pytest.mark.parametrize("sessions", [1, 3])
def test_a_file_of_endless_drivers_is_refused(sessions: int) -> None:
    text = document(*(session("<Driver></Driver>" * (33_000 // sessions)) for _ in range(sessions)))
    assert "more than 32767 drivers" in refusal(text).what


def test_a_file_of_endless_laps_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rfactor.document, "_MOST_ROWS", 100)
    assert "all have more than 100" in refusal(document(session(*(driver(place=n) for n in range(1, 9))))).what


def test_a_car_of_endless_stints_is_refused() -> None:
    swaps = element("Swap", "Bob", startLap=1) * 1001
    assert "more than 1000 stints" in refusal(document(session(driver("Alice", 1, swaps)))).what


def test_a_session_of_endless_changes_is_refused() -> None:
    change = '<DriverChange et="1">Old=&quot;A&quot; New=&quot;B&quot;</DriverChange>'
    assert "More than 1000 changes" in refusal(document(session(stream=change * 1001))).what


@pytest.mark.parametrize("sign", ["&", "<", "&#65;"])
def test_text_that_is_raw_without_end_is_refused(sign: str) -> None:
    assert "100,000 times or more" in refusal(of(sign * 100_000)).what


def test_a_file_of_endless_values_is_refused() -> None:
    values = "".join(f"<v{i}/>" for i in range(1001))
    for text in (document(values, session()), document(session(stream=f"</Stream>{values}<Stream>"))):
        assert "more than 1000 things" in refusal(text).what


def test_xml_of_another_kind_is_refused() -> None:
    for text in ("<html><body>&lt;rFactorXML&gt;</body></html>", '<?xml version="1.0"?><Results/>', "<"):
        with pytest.raises(ResultFileError, match="XML or HTML"):
            read(Source("x.xml", text.encode()))


def test_text_that_speaks_of_the_format_is_not_of_it() -> None:
    with pytest.raises(ResultFileError, match="not valid JSON"):
        read(Source("x.xml", b"see <rFactorXML >"))
