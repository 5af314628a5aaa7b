"""The command line of a benchmark that takes no options: it knows --help, and refuses the rest."""

import argparse


def take_no_options(description: str | None) -> None:
    """Print the description and end if help is asked for; end with an error if anything else is."""
    argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
