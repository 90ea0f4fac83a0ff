"""The text of an rFactor result file, put right where those games write what is no XML.

They put names into the file as players typed them (a raw `&` or `<`, control characters), in the encoding of their
Windows, and call it UTF-8. Each step passes over the text once.
"""

from __future__ import annotations

import re

from simlane.results.source import ResultFileError, Source

#: Every such file defines an entity, and uses none. Nothing that could be one is left for the parser to meet.
_DOCTYPE = re.compile(r"<!DOCTYPE[^<>\[]*(?:\[[^\]]*\])?\s*>")
_DECLARATION = re.compile(r"<\?xml[^<>]*\?>")
_ROOT = re.compile(r"<rFactorXML[\s>/]")
#: A file with more such signs than this is none of a game's, and would grow by all of them.
_MOST_RAW = 100_000
#: How far into a file its root element may begin.
_PROLOGUE = 65_536
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]+")
_EDGES = "\ufeff\x7f" + "".join(map(chr, range(33)))
_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});)")
_REFERENCE = re.compile(r"&#(?:x([0-9A-Fa-f]{1,6})|([0-9]{1,7}));")
_LESS = re.compile(r"<(?!/?[A-Za-z_][A-Za-z0-9_.-]*(?:\s|/?>)|[!?])")


def has_root(text: str) -> bool:
    """Whether the document's element is that of an rFactor result."""
    return text.lstrip(_EDGES).startswith("<") and bool(_ROOT.search(text, 0, _PROLOGUE))


def repaired(source: Source) -> tuple[str, list[str]]:
    """The document as well-formed as can be, line by line where it was, and what was put right, for the report."""
    text, is_mixed = source.lenient_text
    notes = []
    if is_mixed:
        notes.append("It holds bytes that are no UTF-8: they were read as Windows-1252.")
    text, controls = _CONTROL.subn("", text)
    if controls:
        notes.append(f"Control characters were left out: {controls}.")
    text = text.rstrip(_EDGES).lstrip("\ufeff\x7f")
    if root := _ROOT.search(text, 0, _PROLOGUE):
        # The declaration goes too: the encoding it names is not the text's any more.
        prologue = _DECLARATION.sub(_lines, text[: root.start()], count=1)
        text = _DOCTYPE.sub(_lines, prologue, count=1) + text[root.start() :]
    text, ampersands = _AMPERSAND.subn("&amp;", text, _MOST_RAW)
    text, references, impossible = _without_impossible_references(text)
    text, less = _LESS.subn("&lt;", text, _MOST_RAW)
    if max(ampersands, references, less) >= _MOST_RAW:
        raise ResultFileError(f"The file is not valid XML: “&” or “<” stand in it {_MOST_RAW:,} times or more, as text")
    if "<![CDATA[" not in text:
        text = text.replace("]]>", "]]&gt;")
    if raw := ampersands + impossible + less:
        notes.append(f"“&” and “<” that stood in it raw were read as text: {raw}.")
    return text, notes


def _lines(found: re.Match[str]) -> str:
    return "\n" * found[0].count("\n")


def _without_impossible_references(text: str) -> tuple[str, int, int]:
    """The text with references to characters that XML cannot hold as text; all references, and those, counted."""
    count = 0

    def kept(found: re.Match[str]) -> str:
        nonlocal count
        code = int(found[1], 16) if found[1] else int(found[2])
        if code in (9, 10, 13) or 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code < 0x110000:
            return found[0]
        count += 1
        return f"&amp;{found[0][1:]}"

    text, references = _REFERENCE.subn(kept, text, _MOST_RAW)
    return text, references, count
