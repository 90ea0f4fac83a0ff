"""An install whose schema is not quite the old release's is brought to it in place, by a mapping file, and back."""
