"""The commands: each parses its arguments, calls the library, and prints. Nothing imports this package.

A module of a command imports nothing heavy: what its work needs is imported when the work begins, so that
`--help` is instant.
"""
