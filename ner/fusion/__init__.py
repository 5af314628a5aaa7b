"""Fusion: how text, picture, attributes and knowledge come together; a module a mechanism, after its paper."""
