"""Pictures that people send: their bounds, and that nothing but their pixels is kept."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image

from simlane.sim.errors import Refused
from simlane.sim.ownership import pictures
from simlane.sim.ownership.pictures import read_picture


def png(width: int, height: int) -> bytes:
    out = io.BytesIO()
    Image.new("1", (width, height)).save(out, "PNG")
    return out.getvalue()


def test_it_is_kept_as_webp_of_at_most_the_size_shown() -> None:
    kept = read_picture(png(3200, 800), "screen.png")
    assert (kept.width, kept.height) == (1600, 400)
    assert Image.open(io.BytesIO(kept.data)).format == "WEBP"


def test_more_than_twelve_megapixels_are_refused_however_few_bytes_they_take() -> None:
    data = png(4000, 3001)
    assert len(data) < pictures.MAX_BYTES
    with pytest.raises(Refused, match="12 megapixels"):
        read_picture(data, "huge.png")


def test_a_jpeg_of_forty_megapixels_is_decoded_small() -> None:
    out = io.BytesIO()
    Image.new("L", (8000, 5000)).save(out, "JPEG")
    kept = read_picture(out.getvalue(), "photo.jpg")
    assert (kept.width, kept.height) == (1600, 1000)


def test_a_jpeg_in_several_scans_is_bounded_by_all_its_pixels() -> None:
    out = io.BytesIO()
    Image.new("L", (4000, 3001)).save(out, "JPEG", progressive=True)
    with pytest.raises(Refused, match="12 megapixels"):
        read_picture(out.getvalue(), "progressive.jpg")
    out = io.BytesIO()
    Image.new("RGB", (4000, 3001)).save(out, "JPEG")
    assert read_picture(out.getvalue(), "photo.jpg").width == 1600
    # The same with one component a scan: nothing else says that more scans follow.
    header, _, scan = out.getvalue().rpartition(b"\xff\xda\x00\x0c")
    assert header
    with pytest.raises(Refused, match="12 megapixels"):
        read_picture(header + b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" + scan[10:], "scans.jpg")


def test_pictures_are_decoded_one_at_a_time() -> None:
    data = png(2000, 2000)
    with ThreadPoolExecutor(1) as other, pictures._one_at_a_time:
        waiting = other.submit(read_picture, data, "waits.png")
        with pytest.raises(TimeoutError):
            waiting.result(timeout=1)
        pictures._one_at_a_time.release()
        assert waiting.result(timeout=30).width == 1600
        pictures._one_at_a_time.acquire()


def test_the_bounds_are_the_last_that_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    data = png(20, 10)
    monkeypatch.setattr(pictures, "MAX_PIXELS", 200)
    monkeypatch.setattr(pictures, "MAX_BYTES", len(data))
    assert read_picture(data, "fits.png").width == 20
    with pytest.raises(Refused, match="too big"):
        read_picture(data + b" ", "a byte too many.png")
    monkeypatch.setattr(pictures, "MAX_PIXELS", 199)
    with pytest.raises(Refused, match="too big"):
        read_picture(data, "a pixel too many.png")
