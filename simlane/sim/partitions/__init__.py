"""The laps in partitions, by ranges of entries: an operator's choice on PostgreSQL (`manage.py partition_laps`)."""
