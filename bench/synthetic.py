"""Made-up drivers: names whose first words repeat much and last words little, as real ones do, in several scripts."""

from __future__ import annotations

import itertools
import random

_ONSETS = (*"bcdfghjklmnprstvwz", "br", "ch", "dr", "fr", "gr", "kr", "sch", "st", "tr", "th")
_RHYMES = (*"aeiouyøéü", "ai", "er", "an", "on", "el", "in", "os")
_CYRILLIC = ["".join(pair) for pair in itertools.product("бвгдклмнпрст", "аеиоуя")]
_KANA = list("あいうえおかきくけこさしすせそたちつてとなにのはまみもやゆよらりるれわ")


class Names:
    """An endless crowd, the same for the same seed."""

    def __init__(self, seed: int, firsts: int = 3_000, lasts: int = 60_000) -> None:
        self.random = random.Random(seed)
        latin = ["".join(pair) for pair in itertools.product(_ONSETS, _RHYMES)]
        self.firsts = self._words(latin, firsts, (1, 2, 2, 3))
        self.lasts = self._words(latin, lasts, (2, 2, 3, 3, 4))
        self._other = [self._words(_CYRILLIC, 4_000, (2, 3, 3)), self._words(_KANA, 2_000, (2, 3))]
        self._first_weights = self._falling(len(self.firsts))
        self._last_weights = self._falling(len(self.lasts))

    def _words(self, syllables: list[str], count: int, lengths: tuple[int, ...]) -> list[str]:
        made = {"".join(self.random.choices(syllables, k=self.random.choice(lengths))) for _ in range(count)}
        return [word.capitalize() for word in sorted(made)]

    def _falling(self, count: int) -> list[float]:
        order = list(range(count))
        self.random.shuffle(order)
        return list(itertools.accumulate(1 / (place + 10) for place in order))

    def many(self, count: int) -> list[str]:
        """`count` names: a few per cent in other scripts."""
        firsts = self.random.choices(self.firsts, cum_weights=self._first_weights, k=count)
        lasts = self.random.choices(self.lasts, cum_weights=self._last_weights, k=count)
        names = [f"{first} {last}" for first, last in zip(firsts, lasts, strict=True)]
        for place in range(0, count, 33):
            words = self._other[place % 2]
            names[place] = f"{self.random.choice(words)} {self.random.choice(words)}"
        return names

    def mistyped(self, name: str) -> str:
        """The name with one slip in its last word: a letter missing, doubled, swapped or wrong."""
        words = name.split()
        word = words[-1]
        at = self.random.randrange(1, max(2, len(word) - 1))
        slips = [
            word[:at] + word[at + 1 :],
            word[:at] + word[at] + word[at:],
            word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :],
            word[:at] + "x" + word[at + 1 :],
        ]
        return " ".join([*words[:-1], self.random.choice(slips)])
