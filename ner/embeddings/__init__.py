"""Word vectors: read from what others publish, and kept small in a checkpoint."""
