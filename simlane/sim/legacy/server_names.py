"""Server names without the password and the invitation that some hold, as migration 0035 writes them."""

from __future__ import annotations

import re
import unicodedata

# "Password" in the languages of servers seen or likely. These mean nothing else, as parts of longer words too
# ("Serverpasswort", "паролем").
_LONG = (
    r"p[\W_]?[a@4][\W_]?[s$5][\W_]?[s$5]?[\W_]?w[\W_]?[o0ö][\W_]?r[\W_]?[dt]e?s?|pass[\W_]?(?:wd|code|phrase)s?|passord"
    r"|kennwort|losungswort|wachtwoord|l[oö]senord|adgangskode|kodeord|lykilor[dð]|salasana|salas[oõ]na"
    r"|mot[\W_]{0,3}de[\W_]{0,3}passe|contrase[nñ]a|contrasenya|contrasinal|palavra[\W_]?passe|parola[\W_]d.ordine"
    r"|slapta[zž]od\w*|jelsz[oó]|lozink\w*|pasahitz\w*|mật[\W_]?khẩu|kata[\W_]?sandi"
    r"|парол\w*|лозинк\w*|κωδικ[οό]\w?|συνθηματικ\w*|סיסמ[הא]|كلمة\s?(?:السر|المرور)|رمز\s?(?:عبور|المرور)|پسورد|पासवर्ड|პაროლ|գաղտնաբառ"
)
#: Whole words only.
_SHORT = (
    r"p[./\\_-]?w(?:[./\\_-]?d)?|psw[dr]?|ps+wd|mdp|senha|heslo|has[lł]o|geslo|[sş]ifre|[sš]ifra|parool|parole|parolă"
)
#: In scripts that put no space between words, and pictures.
_UNSPACED = r"密码|密碼|口令|暗号|暗號|パスワード|合言葉|暗証番号|비밀번호|비번|암호|패스워드|รหัสผ่าน|🔑|🗝|🔐|🔒"
#: Words that mean something else as often ("Mountain Pass Racing"): what stands around them tells.
_WEAK = r"pass|passe|key|code|codice|kode|c[oó]digo|pin|k[oó]d|clave|parola|код|ключ|пасс"
#: Words that mean something else more often: only with a sign behind them.
_SIGNED = (
    r"mp|secret|sandi|contra|cl[eé]|chiave|chave|schl[uü]ssel|access|invite|invitation|einladung|invito|convite"
    r"|приглашение|パス"
)
_SIGN = r"\s*(?:[:=]+|[-–—=~]*>+|[→➜➡]|\b(?:is|ist|es|est)\b)"
_NO = r"\b(?:no|without|kein|ohne|sans|sin|senza|sem|geen|bez|без)\s+"
_CERTAIN = re.compile(
    rf"(?P<no>{_NO})?(?:\w*(?:{_LONG})|(?<![^\W\d_])(?:{_SHORT})(?![^\W\d_])|(?<![^\W_])(?:{_SIGNED})(?={_SIGN})"
    rf"|{_UNSPACED})",
    re.IGNORECASE,
)
_PERHAPS = re.compile(rf"(?<![^\W_])(?:{_WEAK})(?![^\W\d_])", re.IGNORECASE)
#: The password before the word for it: "fish = pw", "fish is the password".
_BEFORE = re.compile(
    rf"\S+\s*(?:=|<-+|←|\b(?:is|ist|est|es)\s+(?:the|our|das|le|la))\s*(?:{_LONG}|(?:{_SHORT})(?![^\W\d_])|{_UNSPACED})",
    re.IGNORECASE,
)
_BEGINS_WITH_SIGN = re.compile(_SIGN, re.IGNORECASE)
_WORD = re.compile(r"[^\W_](?:[^\s,:/|-]*[^\W_])?")
#: What makes a name of a weak word: one of these before it, behind it, or the two together.
_LEADING = re.compile(
    r"(?:mountain|alpine|boarding|season|day|ski|bus|hall|back|low|hair|ten|king|dress|zip|morse|qr|bar|source|highway)"
    r"[\W_]*$",
    re.IGNORECASE,
)
_RACING = re.compile(
    r"racing|racers?|club|league|liga|ligue|lega|cup|coppa|copa|pokal|series|serie|gp|grand|championship|challenge|trophy"
    r"|trofeo|motorsports?|team|crew|community|esports?|endurance|rally|rallye|hill|hillclimb|circuit|raceway|speedway"
    r"|park|gt[0-9]?|round|rd|week|season",
    re.IGNORECASE,
)
_PAIRS = re.compile(
    r"(?:key\W+(?:west|largo|biscayne|stone)|pin\W*(?:oak|ups?|stripes?|balls?)|pass\W*(?:partout|port)"
    r"|code\W*(?:red|black|brown|blue|green|yellow|60|80|zero|breakers?|masters?))(?!\S*[^\W_])",
    re.IGNORECASE,
)
# An address: with a scheme, of a known kind, or a name whose end is a domain of chats and clubs.
_ADDRESS = re.compile(
    r"\bdiscord\s*(?:[.,]|[(\[]\s*\.\s*[)\]]|\bdot\b)\s*(?:gg|com|me|io|link)\b(?:\s*[/\\]\s*[^\s|]+)*"
    r"|\bdiscord\s+gg\b(?:\s*[/\\]\s*|\s+)[^\s|]+"
    r"|(?:[a-z][a-z0-9+.-]*://|www\.)\S+"
    r"|(?:\w[\w.+-]{0,63}@)?\b(?:[a-z0-9-]+\.)+(?:gg|com|net|org|io|me|tv|eu|de|fr|it|es|uk|nl|be|ru|br|us|ca|au|pl|cz|sk|se|fi|dk|no"
    r"|pt|jp|cn|kr|tw|vn|th|mx|ar|cl|ie|nz|za|ua|lt|lv|ee|hr|rs|si|bg|racing|club|link|app|co|cc|xyz|live|info|at|ch|hu|tr"
    r"|gr|ro|ly|chat|games|gaming|online|site|website|stream)\b(?:[:/]\S*)?"
    r"|\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b"
    r"|\b(?:discord|dc|teamspeak|ts3?|telegram|whatsapp|wechat|vx|微信)\b\s*[:=/-]+\s*\S+"
    r"|(?:\bqq\s*群?|加?群号?)\s*[:=]?\s*\d{5,}",
    re.IGNORECASE,
)
#: What led to an address that is gone.
_LEADS = re.compile(
    r"(?:^|[\s,;])(?:join(?:\s+us)?|visit|see|our|on|at|by|via|hosted|powered|discord|server|website|web|site|info|teamspeak|ts3?|invite"
    r"|register|sign\s*up|more|link|and|und|et|y)?\s*[:=>@→-]*\s*$",
    re.IGNORECASE,
)
# Where one part of a name ends: a bracket, or a sign with white space around it.
_PARTS = re.compile(r"(\s+[|/\\~•·*#»«>+–—-]+\s+|\s*[\[\](){}<>【】「」|]\s*|[,;]\s+|\s+::\s+)")
_OPENING = tuple("[({<【「")
_EDGES = " \t|/\\~•·»«>+–—-:=,;@→"


def without_secrets(name: str) -> str:
    """The name without passwords, invitations and addresses; empty when nothing else was in it.

    A name that holds none stays as it is; of another the rest comes in the plain form of its characters.
    """
    shown = name
    # What is cut brings other words together.
    while (cut := _cut(plain := _plain(shown))) != plain:
        shown = cut
    return shown


def _plain(name: str) -> str:
    """The name in plain forms of its characters (`ｐｗ` is `pw`), without those that show nothing."""
    plain = unicodedata.normalize("NFKC", name)
    return plain if plain.isascii() else "".join(c for c in plain if unicodedata.category(c) != "Cf" and c != "\ufe0f")


def _cut(name: str) -> str:
    shown = _BEFORE.sub("", _without_addresses(name))
    pieces = _PARTS.split(shown)
    kept: list[str] = []
    awaited = False
    for place, part in enumerate(pieces):
        if place % 2:
            kept.append(part)
            # A bracket within the password: "pw: fi(sh".
            awaited = awaited or (part in _OPENING and kept[-2] != pieces[place - 1])
        elif awaited and part.strip(_EDGES):
            awaited = False
            kept.append("")
        else:
            behind = " ".join(pieces[place + 2 :: 2])
            left, awaits = _without_secret(part, behind)
            awaited = awaited or awaits
            kept.append(left)
    return name if "".join(kept) == name else _joined(kept)


def _without_secret(part: str, behind: str) -> tuple[str, bool]:
    """A part up to the word for a password; and whether the password itself must be in the next part."""
    found = _CERTAIN.search(part)
    says_none = bool(found and found["no"])
    for weak in _PERHAPS.finditer(part, 0, found.start() if found else len(part)):
        if _means_password(part, weak, behind):
            found, says_none = weak, False
            break
    if not found:
        return part, False
    return part[: found.start()], not says_none and not part[found.end() :].strip(_EDGES)


def _means_password(part: str, weak: re.Match[str], behind: str) -> bool:
    """Whether a word that may mean something else stands before a password here."""
    before, rest = part[: weak.start()], part[weak.end() :]
    if _PAIRS.match(part, weak.start()) or rest.startswith(("'s", "’s")):
        return False
    if _BEGINS_WITH_SIGN.match(rest) or rest[:1].isdecimal():
        return True
    own = _WORD.findall(rest)
    words = own or _WORD.findall(behind)
    if not words:
        return False
    if not own and not before.strip(_EDGES):
        # Alone in its part, as in "[pass] fish".
        return True
    if _LEADING.search(before) or _RACING.fullmatch(words[0]):
        return False
    named = all(word.istitle() and word.isalpha() for word in (weak[0], words[0]))
    return not (named and any(_RACING.fullmatch(word) for word in words))


def _without_addresses(name: str) -> str:
    while found := _ADDRESS.search(name):
        before = name[: found.start()]
        while (shorter := _LEADS.sub("", before)) != before:
            before = shorter
        name = f"{before} {name[found.end() :].lstrip()}"
    return name


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
    for left, right in ("[]", "()", "{}", "<>", "【】", "「」"):
        if text.count(left) != text.count(right):
            text = text.replace(left, " ").replace(right, " ")
    return text
