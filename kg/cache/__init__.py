"""The knowledge cache."""
