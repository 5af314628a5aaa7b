"""Word vectors: read from what others publish, and kept in a trained tagger's folder."""
