"""A result file's bytes become text and JSON, or say what is wrong and where."""

from __future__ import annotations

import codecs
import pickle

import pytest

from simlane.results.source import ResultFileError, Source

TEXT = '{"name": "Zoë Łuc 早川"}'


def refusal(data: bytes) -> ResultFileError:
    with pytest.raises(ResultFileError) as caught:
        _ = Source("x.json", data).json
    assert Source("x.json", data).json_object_or_none is None
    return caught.value


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        codecs.BOM_UTF8 + TEXT.encode(),
        TEXT.encode("utf-16-le"),
        codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),
        TEXT.encode("utf-16-be"),
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
    ],
)
def test_every_encoding_the_servers_write_is_read(data: bytes) -> None:
    source = Source("x.json", data)
    assert source.json == source.json_object_or_none == {"name": "Zoë Łuc 早川"}
    assert len(source.sha256) == 64


def test_json_that_is_no_object_is_none() -> None:
    assert Source("x.json", b"[1]").json_object_or_none is None


def test_broken_json_says_where_it_breaks() -> None:
    error = refusal(b'{\n  "laps": [1, 2,\n')
    assert "not valid JSON" in error.what
    assert error.where == "line 3, column 1"
    assert str(error).endswith("(at line 3, column 1)")


def test_an_error_is_raised_each_time_and_survives_another_process() -> None:
    source = Source("x.json", b"{")
    for _ in range(2):
        with pytest.raises(ResultFileError) as caught:
            _ = source.json
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


@pytest.mark.parametrize("data", [b"", b" \n\t", codecs.BOM_UTF8, codecs.BOM_UTF16_LE, " ".encode("utf-16-le")])
def test_an_empty_file_is_called_empty(data: bytes) -> None:
    assert refusal(data).what == "The file is empty"


def test_bytes_that_are_no_text_say_which() -> None:
    error = refusal('{"a": 1,\n"b": "é"}'.encode("latin-1"))
    assert "0xe9" in error.what
    assert error.where == "line 2, byte 15"


def test_utf16_cut_in_the_middle_of_a_character_is_refused() -> None:
    assert "middle of a UTF-16 character" in refusal(TEXT.encode("utf-16-le")[:-1]).what


def test_half_a_surrogate_pair_is_replaced() -> None:
    data = '{"name": "\ud83d"}'.encode("utf-16-le", "surrogatepass")
    assert Source("x.json", data).json == {"name": "\ufffd"}


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_number_is_refused(constant: str) -> None:
    assert constant in refusal(f'{{"a": {constant}}}'.encode()).what


def test_absurd_nesting_is_refused() -> None:
    assert "nested too deeply" in refusal(b"[" * 200_000).what
    assert "nested too deeply" in refusal(b'{"a":' * 200_000).what


def test_a_number_of_thousands_of_digits_is_refused() -> None:
    assert "digits" in refusal(b'{"a": ' + b"9" * 5000 + b"}").what


def test_an_object_that_says_something_twice_is_refused() -> None:
    assert "“carId” twice" in refusal(b'{"carId": 1, "carId": 2}').what


def test_a_raw_control_character_in_a_name_is_read() -> None:
    assert Source("x.json", b'{"a": "b\tc"}').json == {"a": "b\tc"}


def test_an_error_gathers_its_path_from_the_inside_out() -> None:
    error = ResultFileError("Wrong", "carId").under("laps[3]").under("data")
    assert error.where == "data.laps[3].carId"
    assert ResultFileError("Wrong").under("laps[3]").where == "laps[3]"
