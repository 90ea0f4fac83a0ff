"""A server's name loses its password and its invitation before anything of it is kept."""

from __future__ import annotations

import pytest

from simlane.results.server_names import without_secrets
from tests.results.builders import acc_document, iracing_document, parse


@pytest.mark.parametrize(
    ("name", "shown"),
    [
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
        ("League ts3server://fish", "League"),
        ("League 10.1.2.3:9231", "League"),
        ("pw: fish", ""),
    ],
)
def test_passwords_and_invitations_are_cut(name: str, shown: str) -> None:
    assert without_secrets(name) == shown


@pytest.mark.parametrize(
    "name",
    [
        "Test League | Round 1",
        "EGT - S-12 GT3 Challenge",
        "Server 7 of 10 (Practice 90' RACE Sept-27th)",
        "Mountain Pass Racing",
        "Passione Corse",
        "Pin Oak Racing | R1",
        "Keyboard Warriors - Monza",
        "Simracing.GP | Round 4",
        "S.R.A.M. Spa 24h",
        "  two  spaces  ",
        "",
    ],
)
def test_other_names_stay_as_they_are(name: str) -> None:
    assert without_secrets(name) == name


def test_no_part_of_an_event_keeps_them() -> None:
    event = parse(acc_document(serverName="League | pw: fish | discord.gg/reef"))
    assert (event.name, event.weekend) == ("League", "League|brands_hatch")
    unnamed = parse(acc_document(serverName="pw: fish"))
    assert (unnamed.name, unnamed.weekend) == ("Brands Hatch, Race", "")
    hosted = parse(iracing_document(session_name="pw: fish", league_season_name="Cup | discord.gg/reef"))
    assert (hosted.name, hosted.series) == ("Hosted iRacing", "Cup")
