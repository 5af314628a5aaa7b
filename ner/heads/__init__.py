"""Heads: from vectors of words to tags."""
