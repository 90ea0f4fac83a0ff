"""Seasons: their making, rounds, entry lists, and the standings that follow from results."""
