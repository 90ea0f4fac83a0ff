"""A server's name loses its password and its invitation before anything of it is kept."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simlane.results.server_names import without_secrets
from tests.results.builders import acc_document, iracing_document, parse
from tests.soak import times

SECRET = [
    ("League R4 | pw: fish | discord.gg/reef", "League R4"),
    ("League pass: fish", "League"),
    ("League pass fish", "League"),
    ("League (pass: fish)", "League"),
    ("[PW:fish] League", "League"),
    ("League PASS=fish", "League"),
    ("League P/W fish", "League"),
    ("League - password - fish - Round 3", "League - Round 3"),
    ("League | password is fish", "League"),
    ("League pwd->fish", "League"),
    ("League passw0rd fish", "League"),
    ("League code 4711", "League"),
    ("League | key fish", "League"),
    ("League 🔑 fish", "League"),
    ("Liga | Passwort: fish", "Liga"),
    ("Ligue, mot de passe fish", "Ligue"),
    ("Ligue mdp fish", "Ligue"),
    ("Liga contraseña: fish", "Liga"),
    ("Copa | senha fish", "Copa"),
    ("Liga hasło: fish", "Liga"),
    ("Лига | пароль: fish", "Лига"),
    ("リーグ パスワード：fish", "リーグ"),
    ("联赛 密码fish", "联赛"),
    ("League https://discord.com/invite/fish", "League"),
    ("Join us at discord.gg/fish | League", "League"),
    ("League discord: fish", "League"),
    ("www.fish.it - League", "League"),
    ("League hosted by fish.at", "League"),
    ("League ts3server://fish", "League"),
    ("League 10.1.2.3:9231", "League"),
    ("pw: fish", ""),
    # Words that mean something else as often.
    ("League pass - fish", "League"),
    ("League | pass | fish | Round 3", "League | Round 3"),
    ("[pass] fish", ""),
    ("League (key) fish", "League"),
    ("LEAGUE PASS FISH", "LEAGUE"),
    ("League Pass Fish", "League"),
    ("League pass-fish", "League"),
    ("League pass/fish", "League"),
    ("League, pass, fish", "League"),
    ("League pass fish GT3 sprint", "League"),
    ("League pass1234 GT3", "League"),
    ("League pass big fish", "League"),
    ("League secret: fish", "League"),
    ("Лига код fish", "Лига"),
    # Compounds, endings and other ways to write it.
    ("Serverpasswort: fish", ""),
    ("Лига | с паролем fish", "Лига | с"),
    ("League pa$$word fish", "League"),
    ("League p a s s w o r d fish", "League"),
    ("League ｐａｓｓ：fish", "League"),
    ("League pass\u200bword fish", "League"),
    ("League pw: fi(sh) R2", "League R2"),
    ("fish is the password | League", "League"),
    ("League (fish = pw)", "League"),
    ("League | no password | GT3", "League | GT3"),
    ("リーグ（合言葉fish）", "リーグ"),
    ("리그 비밀번호 fish", "리그"),
    # Invitations.
    ("League | discord . gg / fish", "League"),
    ("League | discord(.)gg/fish", "League"),
    ("League | Discord GG fish", "League"),
    ("League | dsc.gg/fish", "League"),
    ("League t.me/fish", "League"),
    ("League WhatsApp: fish", "League"),
    ("联赛 QQ群:123456789", "联赛"),
    ("League boss@fish.com", "League"),
]
INNOCENT = [
    "Test League | Round 1",
    "EGT - S-12 GT3 Challenge",
    "Server 7 of 10 (Practice 90' RACE Sept-27th)",
    "Mountain Pass Racing",
    "Passione Corse",
    "Pin Oak Racing | R1",
    "Keyboard Warriors - Monza",
    "Bypass Racing",
    "Key West GP",
    "KEY WEST GP",
    "Boarding Pass Club",
    "MOUNTAIN PASS RACING",
    "Mountain Pass - Round 3",
    "Donner Pass - Round 3",
    "Brenner Pass Touren Cup",
    "Low Key Racing",
    "Code Brown Motorsport",
    "League Code 60",
    "Pin-Up Racing",
    "Passat Cup",
    "Compass Trophy",
    "Secret Racing Society",
    "Mr. Key's Track Days",
    "Sandi's League",
    "Liga Discord com amigos",
    "№1 Racing™ – Spa",
    "لیگ می‌خوش",
    "Simracing.GP | Round 4",
    "S.R.A.M. Spa 24h",
    "  two  spaces  ",
    "",
]


@pytest.mark.parametrize(("name", "shown"), SECRET)
def test_passwords_and_invitations_are_cut(name: str, shown: str) -> None:
    assert without_secrets(name) == shown


@pytest.mark.parametrize("name", INNOCENT)
def test_other_names_stay_as_they_are(name: str) -> None:
    assert without_secrets(name) == name


STRONG = ["password", "Passwort", "PW", "pwd", "P/W", "mot de passe", "mdp", "contraseña", "senha", "palavra-passe"]
STRONG += [
    "пароль",
    "Пароль",
    "密码",
    "パスワード",
    "비밀번호",
    "hasło",
    "heslo",
    "salasana",
    "wachtwoord",
    "şifre",
    "κωδικός",
]
WEAK = ["pass", "Pass", "PASS", "key", "code", "pin", "Код", "clave"]
BETWEEN = [": ", ":", " : ", "=", " = ", " ", "  ", " - ", " | ", " > ", " -> ", "/", " is ", ": | ", "："]
FRAMES = [
    "League {}",
    "League | {}",
    "League - {}",
    "League ({})",
    "[{}] League",
    "{} | League",
    "League, {} | Round 3",
]
# A word that nobody would take for a racing one.
SECRETS = st.from_regex(r"\A[A-Z0-9a-z]{2,9}[!#$%&?+_]?[xX][0-9A-Za-z]{3,9}\Z")


@pytest.mark.soak
@settings(max_examples=times(300, soak=20_000))
@given(
    frame=st.sampled_from(FRAMES), word=st.sampled_from(STRONG + WEAK), sign=st.sampled_from(BETWEEN), secret=SECRETS
)
def test_a_password_is_in_no_shape_of_a_name(frame: str, word: str, sign: str, secret: str) -> None:
    shown = without_secrets(frame.format(f"{word}{sign}{secret}"))
    assert secret not in shown
    assert word.lower() not in shown.lower()


@pytest.mark.soak
@settings(max_examples=times(100, soak=5_000))
@given(
    frame=st.sampled_from(FRAMES),
    word=st.sampled_from(STRONG + WEAK),
    around=st.sampled_from(["({})", "[{}]", "{{{}}}", "【{}】", "| {} |", "{},", "{}:", "- {} -"]),
    secret=SECRETS,
)
def test_a_word_for_it_in_brackets_stands_before_a_password(frame: str, word: str, around: str, secret: str) -> None:
    assert secret not in without_secrets(frame.format(f"{around.format(word)} {secret}"))


@pytest.mark.soak
@settings(max_examples=times(200, soak=10_000))
@given(
    st.lists(st.sampled_from([*STRONG, *WEAK, *BETWEEN, "(", ")", "League", "discord.gg/", "x", "$", "ß", "\u200d"]))
    | st.text()
)
def test_what_is_left_of_a_name_holds_nothing_more(parts: list[str] | str) -> None:
    shown = without_secrets("".join(parts)[:255])
    assert without_secrets(shown) == shown
    assert not shown or shown == "".join(parts)[:255] or shown == " ".join(shown.split())


def test_no_part_of_an_event_keeps_them() -> None:
    event = parse(acc_document(serverName="League | pw: fish | discord.gg/reef"))
    assert (event.name, event.weekend) == ("League", "League|brands_hatch")
    unnamed = parse(acc_document(serverName="pw: fish"))
    assert (unnamed.name, unnamed.weekend) == ("Brands Hatch, Race", "")
    hosted = parse(iracing_document(session_name="pw: fish", league_season_name="Cup | discord.gg/reef"))
    assert (hosted.name, hosted.series) == ("Hosted iRacing", "Cup")
