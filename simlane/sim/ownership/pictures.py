"""Pictures that people send: decoded within bounds and written anew, so that nothing but their pixels is kept."""

from __future__ import annotations

import io
import threading
import warnings
from dataclasses import dataclass

from PIL import Image, ImageOps

from simlane.sim.errors import Refused

MAX_BYTES = 5 * 1024 * 1024
#: Decoded, four bytes each: some 100 MB while it is read. A JPEG of more is decoded at half its size or less.
MAX_PIXELS = 12_000_000
#: The longer side of a kept picture, in pixels.
SIDE = 1600
QUALITY = 80
FORMATS = ("JPEG", "PNG", "WEBP")
UNREADABLE = "“{name}” is not a picture we can read: send a JPEG, PNG or WebP file."
TOO_BIG = "“{name}” is too big: a picture may have 5 MB and 12 megapixels, a JPEG somewhat more."


_one_at_a_time = threading.Lock()


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it is kept: WebP, without metadata."""

    data: bytes
    width: int
    height: int


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
                # A JPEG is decoded smaller at once.
                source.draft("RGB", (SIDE, SIDE))
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
