"""Makes members with a league each, and prints a token of each league: run in the site's environment, once."""

from __future__ import annotations

LEAGUES = 4


def main() -> None:
    import django

    django.setup()
    from allauth.account.models import EmailAddress

    from simlane.leagues import people, tokens
    from simlane.sim.models import League
    from simlane.users.models import User

    for number in range(LEAGUES):
        user = User.objects.create_user(f"organiser{number}", f"organiser{number}@example.org")
        EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
        league = people.make(user, League(name=f"League {number}", slug=f"league-{number}"))
        print(tokens.make(league, user, "cluster")[1])


if __name__ == "__main__":
    main()
