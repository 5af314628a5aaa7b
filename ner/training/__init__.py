"""Training: recipes, batches, the one trainer of all taggers."""
