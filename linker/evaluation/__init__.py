"""Results beside gold answers: how many links are right, and how sure that is."""
