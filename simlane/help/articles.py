"""The articles of the help: title, summary, words to search by. Each text is a template of its own."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Article:
    """`slug` is its address and names its template; `also` holds words people search for that it does not use."""

    slug: str
    title: str
    summary: str
    also: str = ""

    @property
    def template(self) -> str:
        return f"help/articles/{self.slug}.html"


@dataclass(frozen=True, slots=True)
class Group:
    """Articles that stand together in the list."""

    title: str
    articles: tuple[Article, ...]


GROUPS = (
    Group(
        "Proving that a profile is yours",
        (
            Article(
                "verification",
                "Link and verify a profile",
                "How a profile becomes yours, what verified means, and which proof works on which simulator.",
                "claim ownership proof badge tick owner connect",
            ),
            Article(
                "steam",
                "Verify by signing in at Steam",
                "For simulators that know drivers by SteamID64: Assetto Corsa, rFactor 2, Automobilista 2 and others.",
                "steamid64 openid ac acc rf2 lmu ams2 valve",
            ),
            Article(
                "iracing",
                "Verify by signing in at iRacing",
                "Your customer id, proved by iRacing itself.",
                "cust_id custid oauth member number",
            ),
            Article(
                "raceroom",
                "Verify a RaceRoom profile",
                "RaceRoom has no sign-in for other sites: what works instead.",
                "r3e sector3",
            ),
            Article(
                "gran-turismo-7",
                "Verify a Gran Turismo 7 profile",
                "PlayStation online ids have no sign-in for other sites: what works instead.",
                "gt7 psn playstation network console sony",
            ),
            Article(
                "code",
                "Verify by a code in your driver name",
                "A one-time code that you race under once, where results come in here and show your platform id.",
                "token team name seven days expire",
            ),
            Article(
                "claim",
                "Ask the staff to verify you",
                "A message and up to three pictures, for when nothing else works.",
                "claim evidence screenshot upload image support moderator contact",
            ),
            Article(
                "dispute",
                "When two people say a profile is theirs",
                "Who wins, what the staff decide, and what you are told.",
                "dispute stolen squatter taken over somebody else took my profile hijack conflict transfer",
            ),
            Article(
                "merging",
                "Two profiles, one driver",
                "When profiles are merged, what comes along, and how it is undone.",
                "duplicate double combine join twice merge",
            ),
        ),
    ),
    Group(
        "Privacy and being found",
        (
            Article(
                "privacy",
                "Who can see my profile?",
                "Why there is a profile of you, where it comes from, how to hide it, and what stays in results.",
                "faq gdpr private remove me personal data visibility erase anonymous consent",
            ),
            Article(
                "search",
                "What the search finds",
                "Names, former names, ids, and when your account's name finds a profile.",
                "discovery find look up lookup spelling typo nickname",
            ),
            Article(
                "driver-page",
                "One page over all simulators",
                "A page with your name that gathers what you have proved, if you want one.",
                "publish share career address combined",
            ),
            Article(
                "your-data",
                "Download your data, delete your account",
                "What the file holds, what goes with an account, and what stays.",
                "gdpr export erase close remove account json right to be forgotten copy",
            ),
        ),
    ),
    Group(
        "Using the site",
        (
            Article(
                "notifications",
                "What we tell you, and how",
                "Notifications on the site and by e-mail, and how to have fewer of them.",
                "bell mail unsubscribe newsletter spam alerts preferences",
            ),
            Article(
                "following",
                "Follow drivers and leagues",
                "Hear of new results of theirs, and of your own.",
                "subscribe favourite favorite friend watch unfollow digest followers",
            ),
            Article(
                "rating",
                "How the rating is made",
                "What the number says, what counts, how sure it is, and when it changes.",
                "elo irating glicko skill leaderboard standing provisional uncertainty rank points ladder",
            ),
            Article(
                "result-files",
                "Result files, for league organisers",
                "Which files make profiles, where your server writes them, and what happens with them.",
                "import upload league server admin json accserver subsession event race results",
            ),
            Article(
                "upgrade",
                "You had an account on an older SimLane",
                "What changed for the profiles you made there, and what stayed.",
                "old version migration legacy moved before",
            ),
        ),
    ),
)

BY_SLUG = {article.slug: article for group in GROUPS for article in group.articles}


def bounds() -> dict[str, int]:
    """Bounds that articles name: days of an unproved link, until its end, its reminder and the next; follows."""
    return {
        "follows": settings.FOLLOWS_PER_ACCOUNT,
        "reminder_days": settings.LINK_REMINDER_DAYS,
        "lapse_days": settings.LINK_LAPSE_DAYS,
        "relink_days": settings.RELINK_DAYS,
    }
