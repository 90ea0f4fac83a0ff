"""Server names as they may be published: without the password and the invitation that some hold.

What is cut is never stored. A name may lose a word too many rather than show one.
"""

from __future__ import annotations

import re

# "Password" in the languages of servers seen or likely, whole words, and whatever stands behind them.
_WORDS = (
    r"p[\W_]?w|p[\W_]?w[\W_]?d|p[a@4]s+w[o0]rd|p[a@4]s+w[o0]r[td]e?|p[a@4]s+[ -]?(?:wd|code|phrase|key|word)|passe"
    r"|mot[ -]de[ -]passe|mdp|contrase[nñ]a|clave|senha|palavra[ -]passe|parola(?:[ -]d'ordine)?|kennwort|wachtwoord"
    r"|l[oö]senord|adgangskode|passord|salasana|has[lł]o|heslo|jelsz[oó]|lozinka|[sş]ifre|parool|slaptažodis|geslo"
    r"|пароль|лозинка|парола|κωδικ[oό]ς|סיסמה|كلمة[ -]السر|كلمة[ -]المرور|mật[ -]khẩu|kata[ -]sandi|sandi"
)
#: In scripts that put no space between words, and pictures.
_UNSPACED = r"密码|密碼|口令|パスワード|合言葉|비밀번호|비번|รหัสผ่าน|🔑|🗝️?|🔐|🔒"
#: Words that mean something else as often: only with a colon or the like, or at the start of their part.
_AMBIGUOUS = r"pass|psw|psswd|key|code|codice|kode|código|codigo|pin|mp|mdp|k[oó]d|secret"
_SAYS = r"\s*(?:[:=：＝]+|[-–—=]*>+|→|\bis\b|\bist\b|\bes\b|\best\b)\s*"
_NO = r"(?:\b(?:no|without|kein|ohne|sans|sin|senza|geen)\s+)?"
_SECRET = re.compile(
    rf"{_NO}(?<![^\W\d_])(?:(?:{_WORDS})(?![^\W\d_])|(?:{_AMBIGUOUS})(?={_SAYS}))|{_UNSPACED}", re.IGNORECASE
)
#: Without a sign such a word counts where nothing but one more word follows it: alone in its part, with a figure in
#: it, or all in small letters ("Mountain Pass Racing" is none of them).
_ALONE = re.compile(rf"(?:^\s*(?:{_AMBIGUOUS})\s+\S+|(?<![^\W_])(?:{_AMBIGUOUS})\s+\S*\d\S*)\s*$", re.IGNORECASE)
_SMALL = re.compile(r"(?<![^\W_])pass\s+[^\WA-Z]+\s*$")
# An address: with a scheme, of a known kind, or a name whose end is a domain of chats and clubs.
_ADDRESS = re.compile(
    r"(?:[a-z][a-z0-9+.-]*://|www\.)\S+"
    r"|\b(?:[a-z0-9-]+\.)+(?:gg|com|net|org|io|me|tv|eu|de|fr|it|es|uk|nl|be|ru|br|us|ca|au|pl|cz|se|fi|dk|no|pt|jp|cn|kr"
    r"|racing|club|link|app|co|xyz|live|info|at|ch|hu|tr|gr|ro|ly)\b(?:[:/]\S*)?"
    r"|\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b"
    r"|\bdiscord\b\s*[:=/：-]+\s*\S+",
    re.IGNORECASE,
)
#: What led to an address that is gone.
_LEADS = re.compile(
    r"(?:^|[\s,;])(?:join(?:\s+us)?|visit|see|our|on|at|via|discord|server|website|web|site|info|teamspeak|ts3?|invite"
    r"|register|sign\s*up|more|link|and|und|et|y)?\s*[:=>@→-]*\s*$",
    re.IGNORECASE,
)
# Where one part of a name ends: a bracket, or a sign with white space around it.
_PARTS = re.compile(r"(\s+[|/\\~•·*#»«>+–—-]+\s+|\s*[\[\](){}<>【】「」（）|]\s*|[,;]\s+|\s+::\s+)")
_EDGES = " \t|/\\~•·»«>+–—-:=,;@"


def without_secrets(name: str) -> str:
    """The name without passwords, invitations and addresses; empty when nothing else was in it."""
    pieces = _PARTS.split(name)
    kept: list[str] = []
    changed = awaited = False
    for place, part in enumerate(pieces):
        if place % 2:
            kept.append(part)
            continue
        shown, awaits = ("", False) if awaited and part.strip() else _without_secret(part)
        awaited = awaits or (awaited and not part.strip())
        shown = _without_address(shown)
        changed = changed or shown != part
        kept.append(shown)
    return _joined(kept) if changed else name


def _without_secret(part: str) -> tuple[str, bool]:
    """A part up to the word for a password; and whether the password itself must be in the next part."""
    if alone := _ALONE.search(part) or _SMALL.search(part):
        return part[: alone.start()], False
    found = _SECRET.search(part)
    if not found:
        return part, False
    return part[: found.start()], not part[found.end() :].strip(_EDGES + "：＝→")


def _without_address(part: str) -> str:
    while found := _ADDRESS.search(part):
        before = part[: found.start()]
        while (shorter := _LEADS.sub("", before)) != before:
            before = shorter
        part = f"{before} {part[found.end() :].lstrip()}"
    return part


def _joined(pieces: list[str]) -> str:
    """The parts that still say something, with one of the signs that stood between them."""
    text, sign = "", ""
    for place, piece in enumerate(pieces):
        if place % 2:
            sign = sign or piece
        elif shown := piece.strip(_EDGES):
            text = f"{text}{sign}{shown}" if text else shown
            sign = ""
    return " ".join(_paired(text).split())


def _paired(text: str) -> str:
    """Without the brackets that lost their other half."""
    for left, right in ("[]", "()", "{}", "<>", "【】", "「」", "（）"):
        if text.count(left) != text.count(right):
            text = text.replace(left, " ").replace(right, " ")
    return text
