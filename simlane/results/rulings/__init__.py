"""What stewards ruled, applied to what a file says: the one place where a result is computed of both (rule 12)."""
