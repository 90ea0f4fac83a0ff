"""Names of Assetto Corsa Competizione's cars and tracks, which its files give as numbers and short texts.

The numbers are those of appendix IX of the "ACC Server Admin Handbook" that comes with the dedicated server; the
names are the ones the game itself shows.
"""

from __future__ import annotations

import re

_CARS: dict[str, dict[int, str]] = {
    "GT3": {
        0: "Porsche 991 GT3 R",
        1: "Mercedes-AMG GT3",
        2: "Ferrari 488 GT3",
        3: "Audi R8 LMS",
        4: "Lamborghini Huracán GT3",
        5: "McLaren 650S GT3",
        6: "Nissan GT-R Nismo GT3 2018",
        7: "BMW M6 GT3",
        8: "Bentley Continental GT3 2018",
        10: "Nissan GT-R Nismo GT3 2015",
        11: "Bentley Continental GT3 2015",
        12: "Aston Martin V12 Vantage GT3",
        13: "Reiter Engineering R-EX GT3",
        14: "Emil Frey Jaguar G3",
        15: "Lexus RC F GT3",
        16: "Lamborghini Huracán GT3 Evo",
        17: "Honda NSX GT3",
        19: "Audi R8 LMS Evo",
        20: "Aston Martin V8 Vantage GT3",
        21: "Honda NSX GT3 Evo",
        22: "McLaren 720S GT3",
        23: "Porsche 991 II GT3 R",
        24: "Ferrari 488 GT3 Evo",
        25: "Mercedes-AMG GT3 Evo",
        30: "BMW M4 GT3",
        31: "Audi R8 LMS Evo II",
        32: "Ferrari 296 GT3",
        33: "Lamborghini Huracán GT3 Evo 2",
        34: "Porsche 992 GT3 R",
        35: "McLaren 720S GT3 Evo",
        36: "Ford Mustang GT3",
    },
    "GT4": {
        50: "Alpine A110 GT4",
        51: "Aston Martin V8 Vantage GT4",
        52: "Audi R8 LMS GT4",
        53: "BMW M4 GT4",
        55: "Chevrolet Camaro GT4.R",
        56: "Ginetta G55 GT4",
        57: "KTM X-Bow GT4",
        58: "Maserati GranTurismo MC GT4",
        59: "McLaren 570S GT4",
        60: "Mercedes-AMG GT4",
        61: "Porsche 718 Cayman GT4 Clubsport",
    },
    "GT2": {
        80: "Audi R8 LMS GT2",
        82: "KTM X-Bow GT2",
        83: "Maserati MC20 GT2",
        84: "Mercedes-AMG GT2",
        85: "Porsche 991 II GT2 RS CS Evo",
        86: "Porsche 935",
    },
    "GTC": {
        9: "Porsche 991 II GT3 Cup",
        18: "Lamborghini Huracán Super Trofeo",
        26: "Ferrari 488 Challenge Evo",
        28: "Porsche 992 GT3 Cup",
        29: "Lamborghini Huracán Super Trofeo Evo2",
    },
    "TCX": {27: "BMW M2 CS Racing"},
}
_BY_NUMBER = {number: (name, car_class) for car_class, cars in _CARS.items() for number, name in cars.items()}

_TRACKS: dict[str, tuple[str, str]] = {
    "barcelona": ("Circuit de Barcelona-Catalunya", ""),
    "brands_hatch": ("Brands Hatch", ""),
    "cota": ("Circuit of the Americas", ""),
    "donington": ("Donington Park", ""),
    "hungaroring": ("Hungaroring", ""),
    "imola": ("Imola", ""),
    "indianapolis": ("Indianapolis Motor Speedway", ""),
    "kyalami": ("Kyalami", ""),
    "laguna_seca": ("Laguna Seca", ""),
    "misano": ("Misano", ""),
    "monza": ("Monza", ""),
    "mount_panorama": ("Mount Panorama", ""),
    "nurburgring": ("Nürburgring", ""),
    "nurburgring_24h": ("Nürburgring", "24h"),
    "oulton_park": ("Oulton Park", ""),
    "paul_ricard": ("Circuit Paul Ricard", ""),
    "red_bull_ring": ("Red Bull Ring", ""),
    "silverstone": ("Silverstone", ""),
    "snetterton": ("Snetterton", ""),
    "spa": ("Spa-Francorchamps", ""),
    "suzuka": ("Suzuka", ""),
    "valencia": ("Circuit Ricardo Tormo", ""),
    "watkins_glen": ("Watkins Glen", ""),
    "zandvoort": ("Zandvoort", ""),
    "zolder": ("Zolder", ""),
}
_SEASON = re.compile(r"_20[0-9]{2}$")


def car(number: int) -> tuple[str, str]:
    """The car's name and class ("GT3"); for a number no table knows, "Car model 123" and no class."""
    return _BY_NUMBER.get(number) or (f"Car model {number}", "")


def track(key: str) -> tuple[str, str]:
    """The track's name and layout for a file's `trackName`, e.g. "Brands Hatch" and "" for `brands_hatch`.

    A year behind the name (`spa_2020`) is the season whose weather and grip were driven, not another track: it is
    left off, so that lap times of a track stay together. A track no table knows is its key in words.
    """
    bare = _SEASON.sub("", key.strip().lower())
    return _TRACKS.get(bare) or (" ".join(word.capitalize() for word in bare.split("_") if word), "")
