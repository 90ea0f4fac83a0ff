"""Seasons as their pages show them: calendar, standings, records. Read only; nothing here decides who may see what."""
