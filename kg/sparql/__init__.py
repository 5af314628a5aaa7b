"""A graph from a SPARQL endpoint."""
