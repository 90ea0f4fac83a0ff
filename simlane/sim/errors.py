"""The error by which a rule of the domain refuses what a person asked for."""

from __future__ import annotations


class Refused(ValueError):  # noqa: N818 - a decision with a message for the person, not a fault
    """What was asked for is against a rule; `str()` is a sentence for the person who asked.

    It is caught by this name only: any other ValueError is a fault of the program, to be logged and not shown. It is
    a ValueError because `SimProfile.link_to_user` has always raised one.
    """
