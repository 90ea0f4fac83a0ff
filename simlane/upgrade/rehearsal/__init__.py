"""The whole upgrade on a throwaway copy, under the traffic of both releases, with a report."""
