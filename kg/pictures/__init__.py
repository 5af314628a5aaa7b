"""Pictures of entities: where their files are, and how they are fetched."""
