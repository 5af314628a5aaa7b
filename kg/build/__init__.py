"""From dumps and tables to the graph."""
