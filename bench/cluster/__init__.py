"""A whole site on one machine, as `deploy/cluster` lays it out over many, and what its failures cost.

`make cluster` runs it until Ctrl-C; `make cluster-test` plays failures in one while clients write and read.
"""
