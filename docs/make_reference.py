"""Write docs/commands.md, the reference of the commands, from what each says under --help.

python docs/make_reference.py
"""

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import click

DOCS = Path(__file__).resolve().parent
COMMANDS = (
    "build-kg-index",
    "link-and-tag",
    "kgmner-report",
    "kgmner-serve",
    "kg-cache",
    "train-tagger",
    "evaluate-tagger",
    "evaluate-links",
)
_HEAD = """# The commands

What each command says under `--help`. Made by `python docs/make_reference.py`; change the commands, not this file.

A command ends with 0 when it is done, also where some lines, posts or pictures could not be used (stderr names
them), and with 1 where none could, or for any other error, which is one line on stderr. 2 is a wrong command line,
130 a stop by Ctrl-C, 141 a pipe whose reader has gone.

A shell completes the names of options and files after one line in its start-up file, for each command (here for
`link-and-tag`, whose variable is `_LINK_AND_TAG_COMPLETE`):

```
eval "$(_LINK_AND_TAG_COMPLETE=bash_source link-and-tag)"              # ~/.bashrc
eval "$(_LINK_AND_TAG_COMPLETE=zsh_source link-and-tag)"               # ~/.zshrc
_LINK_AND_TAG_COMPLETE=fish_source link-and-tag | source               # ~/.config/fish/config.fish
```
"""


def reference() -> str:
    """The text of the page."""
    sections = [_HEAD]
    for name in COMMANDS:
        command = import_module(f"scripts.{name.replace('-', '_')}").main
        sections += _sections(command, _context(command, name, None), "##")
    return "\n".join(sections)


def _sections(command: click.Command, context: click.Context, mark: str) -> Iterator[str]:
    yield f"{mark} {context.command_path}\n\n```\n{command.get_help(context)}\n```\n"
    if isinstance(command, click.Group):
        for name, part in sorted(command.commands.items()):
            yield from _sections(part, _context(part, name, context), mark + "#")


def _context(command: click.Command, name: str, parent: click.Context | None) -> click.Context:
    return click.Context(command, parent, name, terminal_width=100, **command.context_settings)


if __name__ == "__main__":
    sys.path.insert(0, str(DOCS.parent))
    (DOCS / "commands.md").write_text(reference(), "utf-8")
