"""Names of entities: what they are, how alike they are to a mention, and how they are found."""
