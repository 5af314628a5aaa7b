"""Networks: each tagger as a composition of encoder, fusion and head."""
