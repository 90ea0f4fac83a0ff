"""Pages of leagues: public ones, those of the people who run one, and the address where programs bring results in."""
