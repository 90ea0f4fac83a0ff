"""From the old model of a profile to this one while the site serves, and back: see docs/upgrade.md."""
