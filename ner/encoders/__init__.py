"""Encoders: from words, letters and sub-tokens to vectors in context."""
