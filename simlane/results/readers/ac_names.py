"""Names of Assetto Corsa's cars and tracks out of those of their folders, which is what result files give.

Most are modifications, so there is no table of them: `ks_porsche_911_carrera_rsr` is read as a person would.
"""

from __future__ import annotations

_STUDIO = "ks"  #: stands before what the makers of the game added later
_LAYOUT = "layout_"
_LETTERS = 2  #: a layout's words this short are letters: GP, B
_CAPITALS = 3  #: words this short are types and brands: BMW, GT3, RSR
_TYPE = 5  #: so are those with a figure up to this length: 512TR
_WORDS = {"car", "cup", "evo", "one", "pro", "red", "sea", "spa"}


def car(folder: str) -> str:
    """The car's name: "Porsche 911 Carrera RSR" for `ks_porsche_911_carrera_rsr`; empty for none."""
    return " ".join(_capitals(word) for word in _words(folder))


def track(folder: str, layout: str) -> tuple[str, str]:
    """The track's name and layout: "Red Bull Ring" and "National" for `ks_red_bull_ring` and `layout_national`."""
    # Servers that ask for a version of a game's patch write it before the track: `csp/1643/../imola`.
    name = folder.rsplit("/", 1)[-1]
    layout = layout.lower().removeprefix(_LAYOUT).replace("_", " ")
    return (
        " ".join(word.capitalize() for word in _words(name)),
        " ".join(word.upper() if len(word) <= _LETTERS else word.capitalize() for word in layout.split()),
    )


def _words(folder: str) -> list[str]:
    words = folder.lower().replace("_", " ").split()
    return words[1:] if words[:1] == [_STUDIO] and len(words) > 1 else words


def _capitals(word: str) -> str:
    is_type = len(word) <= _CAPITALS or (len(word) <= _TYPE and any(each.isdecimal() for each in word))
    return word.upper() if is_type and word not in _WORDS else word.capitalize()
