"""Evaluation: how good a tagger is, and how sure that is."""
