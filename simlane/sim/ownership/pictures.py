"""Pictures that people send: decoded within bounds and written anew, so that nothing but their pixels is kept."""

from __future__ import annotations

import io
import threading
import warnings
from dataclasses import dataclass

from PIL import Image, ImageOps

from simlane.sim.errors import Refused

MAX_BYTES = 5 * 1024 * 1024
#: Decoded, four bytes each: some 100 MB while it is read. Most JPEG files of more are decoded at half their size.
MAX_PIXELS = 12_000_000
#: The longer side of a kept picture, in pixels.
SIDE = 1600
QUALITY = 80
FORMATS = ("JPEG", "PNG", "WEBP")
#: Of a JPEG: frames of which one scan can hold all, the header of a scan, and what an ordinary file has before it.
SEQUENTIAL = (0xC0, 0xC1)
SCAN = 0xDA
SEGMENTS = {*SEQUENTIAL, 0xC4, 0xDB, 0xDD, *range(0xE0, 0xF0), 0xFE, SCAN}
UNREADABLE = "“{name}” is not a picture we can read: send a JPEG, PNG or WebP file."
TOO_BIG = "“{name}” is too big: a picture may have 5 MB and 12 megapixels, most JPEG files somewhat more."


_one_at_a_time = threading.Lock()


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it is kept: WebP, without metadata."""

    data: bytes
    width: int
    height: int


def _is_in_one_scan(data: bytes) -> bool:
    """Whether these are a JPEG's bytes that are decoded from top to bottom, all components together.

    Of several scans, as a progressive one has, the decoder holds every pixel's coefficients, however small the outcome.
    """
    at, components = 2, 0
    while data[at : at + 1] == b"\xff" and data[at + 1] in SEGMENTS:
        if data[at + 1] in SEQUENTIAL:
            components = data[at + 9]
        elif data[at + 1] == SCAN:
            return data[at + 4] == components
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return False


def read_picture(data: bytes, name: str) -> Picture:
    """Decode a picture and encode it anew; raises Refused, with a message that names the file."""
    shown = name[:60]
    if len(data) > MAX_BYTES:
        raise Refused(TOO_BIG.format(name=shown))
    try:
        with _one_at_a_time, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=FORMATS) as source:
                if _is_in_one_scan(data):
                    # Decoded smaller at once.
                    longer = max(source.size)
                    source.draft("RGB", (source.width * SIDE // longer, source.height * SIDE // longer))
                if source.width * source.height > MAX_PIXELS:
                    raise Image.DecompressionBombError
                source.thumbnail((SIDE, SIDE))
                upright = ImageOps.exif_transpose(source)
                kept = Image.new("RGB", upright.size, "white")
                with_alpha = upright.convert("RGBA")
                kept.paste(with_alpha, mask=with_alpha.getchannel("A"))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Refused(TOO_BIG.format(name=shown)) from error
    except Exception as error:
        # For damaged bytes the decoders raise anything: struct.error and TypeError from malformed EXIF.
        raise Refused(UNREADABLE.format(name=shown)) from error
    out = io.BytesIO()
    kept.save(out, "WEBP", quality=QUALITY)
    return Picture(out.getvalue(), kept.width, kept.height)
