"""Who drives in the demo results. Every name is invented, and no id can be anybody's (see README.md)."""

from __future__ import annotations

from dataclasses import dataclass

ACC_NAMES = """
Marta Sandqvist, Tomáš Vondráček, Daniel Ferrobel, Łukasz Wrzesiak, Zoë Brännlund, Søren Kjærbye, Алексей Громовой,
遥斗 水野辺, Çağla Demirsoylu, Nuño Almarazón, Jonas Veldhuizen, Björk Ísleifsdóttir, Owen Thackeray-Poole,
Priya Nambisan, Gwendal Kerouédan, Hannes Dürrwächter, Imre Szabadkai, Katrin Põldmaa, Luca Bertogliati,
Miguel Escarpín, Nora Haugland-Lie, Otso Kivirannan, Pavel Dobrunov, Quentin Marsolais, Rhys Llewelyn-Pryce,
Silvia Montecorvo, Théo Larrivaux, Uwe Grambusch, Valentina Roccaforte, Wiktor Zalewicz, Xavier Boisclair,
Yannick Oberthür, Zsófia Kerekgyártó, Adrian Muntelescu, Bryn Carrowmoor, Callum Ainsdale, Dorotea Vukasović,
Emil Rosengård, Fabian Kessenich, Greta Lindqvister, Henrique Valadão, Ivana Horvatinčić, Jasper Wolterbeek,
Kamil Brzozowiec, Leandro Quiñonero, Maëlle Guivarch, Niko Sarvanto, Ondřej Lipenský, Paula Weissgruber,
Ruben Castelhano, Stefan Oberndorf, Tamsin Holloway-Reed, Viktor Malmgren, Daniel Ferrobel
"""
IRACING_NAMES = """
Marta Sandqvist, Ben Carraway, Tyler Hochstrasser, Dana Whitlockson, Marcus Oyelaran, Kelsey Brandvold,
Rafael Quintanar, Jun Takemizu, 美咲 佐久良, Мария Ковалёнок, Austin Pellerino, Brooke Sandoval-Kerr,
Cody Winterbourne, Devon Achterberg, Elise Fontenoy, Frank Dubrowski, Garrett Nyland, Hannah Coppersmith,
Ian Strathmoor, Jesse Varnadoe, Kyle Ostrandt, Lena Morgenroth, Mateo Villaseca, Nate Burlingham, Olivia Trentham,
Pete Zagorski, Quincy Aldermoor, Rosa Benavidez, Sam Whitcombe, Trevor Lindenau, Uma Krishnaraj, Vince Calabrotti,
Wes Hartigan, Ximena Olavarría, Yusuf Karabaşoğlu, Zach Fennimore, Alicia Montross, Bruno Teixeirão,
Chloe Ravensworth, Diego Arrozal, Ethan Kowalczuk, Freya Norrgard, Gideon Blackwater, Holly Stanbridge,
Isaac Thornebury, Julia Petrakova, Kenji Aramizu, Liam Corrigan-Doyle, Mona El-Sharif, Noah Vanderleeuw
"""
#: Known by name only: what stands where a SteamID64 should be.
IMPOSSIBLE_IDS = {
    "Gary Placeholder": "123",
    "Rainer Unfug": "S1234567",
    "No Steam Nelly": "",
    "Old Logfile Lou": "76561",
}
TEAMS = (
    "Polar Night Racing",
    "Équipe Lavande",
    "Two Left Tyres",
    "Grünwald Motorsport",
    "Blue Hour Endurance",
    "Karelia Sim Works",
    "Late Apex Society",
    "Red Kite Racing",
    "Última Vuelta",
    "Northern Line GT",
)
GT3_CARS = (32, 34, 30, 25, 31, 33, 35, 20, 36, 21, 8, 15)
#: Marta gets ever faster, Tomáš wins early and fades, Zoë hardly ever makes a mistake, Jonas is in every wall.
PACE = {"Marta Sandqvist": (0.013, -0.014), "Tomáš Vondráček": (0.0, 0.009), "Ben Carraway": (0.002, 0.0)}
CARE = {"Zoë Brännlund": 0.1, "Jonas Veldhuizen": 2.5, "Marta Sandqvist": 0.5, "Kyle Ostrandt": 3.0}


@dataclass
class Driver:
    """A driver of one simulator, as fast as `pace` (the part of a lap lost to the quickest) and as wild as `care`."""

    name: str
    identifier: int | str
    number: int
    model: int
    pace: float
    trend: float  #: what is added to the pace over a season
    care: float = 1.0
    rating: int = 0
    license: int = 0  #: 100 a level of safety rating, 400 a class: 0 is a rookie's 0.00
    ai: bool = False

    def pace_at(self, season: float) -> float:
        """The pace when `season`, from 0 to 1, of the year has passed."""
        return max(0.0, self.pace + self.trend * season)


def _drivers(names: str, first_id: int) -> list[Driver]:
    found = []
    for index, name in enumerate(" ".join(names.split()).split(", ")):
        pace, trend = PACE.get(name, (0.003 + (index * 17 % 29) * 0.001, ((index * 7 % 11) - 6) * 0.0008))
        found.append(
            Driver(
                name,
                first_id + index,
                number=(index * 37 + 7) % 998 + 1,
                model=GT3_CARS[index % len(GT3_CARS)],
                pace=pace,
                trend=trend,
                care=CARE.get(name, 0.5 + index % 5 * 0.3),
                rating=int(3400 - pace * 70_000 + index * 13 % 300),
                license=400 * (4 - min(3, int(pace * 110))) + 150 + index * 41 % 200,
            )
        )
    return found


def acc_drivers() -> list[Driver]:
    """SteamID64s below the first one that Steam ever gave to a person, 76561197960265729."""
    return _drivers(ACC_NAMES, 76561190000100001)


def iracing_drivers() -> list[Driver]:
    """Customer ids far above those in use."""
    return _drivers(IRACING_NAMES, 9100001)


def raceroom_drivers() -> list[Driver]:
    """User ids far above those in use; the last fourteen of those who drive on Assetto Corsa Competizione."""
    return _drivers(", ".join(" ".join(ACC_NAMES.split()).split(", ")[-15:-1]), 910000001)


def nameless_drivers() -> list[Driver]:
    """Drivers whose id cannot be real, so that the site knows them by name only."""
    return [
        Driver(name, given, 900 + place, GT3_CARS[place], 0.02 + place * 0.003, 0.0)
        for place, (name, given) in enumerate(IMPOSSIBLE_IDS.items())
    ]
