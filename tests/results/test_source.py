"""A result file's bytes become text and JSON, or say what is wrong and where."""

from __future__ import annotations

import codecs
import pickle
import time

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


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"a": "R", "b": 1, "a": "R"}', {"a": "R", "b": 1}),
        ('{"a": 1, "a": 1.0, "a": 1e0}', {"a": 1}),
        ('{"a": {"b": [1, true, null]}, "\\u0061": {"b": [1, true, null]}}', {"a": {"b": [1, True, None]}}),
        ('{"a": {"b": 1, "c": 2}, "a": {"c": 2, "b": 1}}', {"a": {"b": 1, "c": 2}}),
        ('{"data": [{"x": {"a": 1, "a": 1}}]}', {"data": [{"x": {"a": 1}}]}),
        ('{"a":"\\":", "a":"\\":"}', {"a": '":'}),
    ],
)
def test_a_name_that_stands_twice_with_one_value_is_one(text: str, found: object) -> None:
    assert Source("x.json", text.encode()).json == found


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ('{"a": 1, "a": 2}', ("1", "2")),
        ('{"a": 1, "a": true}', ("1", "true")),
        ('{"a": "1", "a": 1}', ('"1"', "1")),
        ('{"a": null, "a": 0}', ("null", "0")),
        ('{"a": [1], "a": [true]}', ("[1]", "[true]")),
        ('{"data": [{"x": {"a": {"b": 1}, "a": {"b": 2}}}]}', ('{"b": 1}', '{"b": 2}')),
        ('{"a": 1, "a": 1, "a": 3}', ("1", "3")),
        # These have as many colons as if no name stood there twice.
        ('{"a":1,"a":2,"b":"\\u003a"}', ("1", "2")),
        ('{"a":1,"a":2,"b":"\\u003A"}', ("1", "2")),
        ('{"a":":","a":2}', ('":"', "2")),
    ],
)
def test_a_name_that_stands_twice_with_two_values_is_refused_with_both(text: str, values: tuple[str, str]) -> None:
    assert refusal(text.encode()).what.endswith(f"“a” twice, as {values[0]} and as {values[1]}")


def test_reading_a_name_that_stands_ever_so_often_takes_a_time_that_grows_with_the_file() -> None:
    def seconds(times: int) -> float:
        data = b"{" + b", ".join([b'"a": 1'] * times) + b"}"
        started = time.perf_counter()
        assert Source("x.json", data).json == {"a": 1}
        return time.perf_counter() - started

    seconds(1000)
    # Each of them looked up among the others would be 64 times as long.
    assert seconds(80_000) < 30 * max(seconds(10_000), 0.01)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.0", 1),
        ("-0.0", 0),
        ("1e3", 1000),
        ("1.50e1", 15),
        ("76561190000000001.0", 76561190000000001),
        ("1.5", 1.5),
        ("9007199254740993.5", 9007199254740993.5),
        ("1e999999999", float("inf")),
    ],
)
def test_a_whole_number_is_one_however_it_is_written(text: str, value: float) -> None:
    found = Source("x.json", f'{{"a": {text}}}'.encode()).json["a"]
    assert (found, type(found)) == (value, type(value))


def test_a_raw_control_character_in_a_name_is_read() -> None:
    assert Source("x.json", b'{"a": "b\tc"}').json == {"a": "b\tc"}


def test_an_error_gathers_its_path_from_the_inside_out() -> None:
    error = ResultFileError("Wrong", "carId").under("laps[3]").under("data")
    assert error.where == "data.laps[3].carId"
    assert ResultFileError("Wrong").under("laps[3]").where == "laps[3]"
