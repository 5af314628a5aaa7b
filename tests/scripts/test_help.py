"""Every command and every option explains itself, at once, and in docs/commands.md."""

import re
import runpy
from importlib import import_module
from pathlib import Path

import click
import pytest

COMMANDS = (
    *("build-kg-index", "link-and-tag", "kgmner-report", "kg-cache", "train-tagger", "evaluate-tagger"),
    *("evaluate-links", "kgmner-serve"),
)
HEAVY = (
    "torch",
    "transformers",
    "faiss",
    "numpy",
    "PIL",
    "nltk",
    "networkx",
    "sqlite_utils",
    "rich",
    "jinja2",
    "SPARQLWrapper",
    "httpx",
)


def module_of(command: str) -> str:
    return f"scripts.{command.replace('-', '_')}"


def every_command() -> list[click.Command]:
    commands = []
    for name in COMMANDS:
        main = import_module(module_of(name)).main
        commands.append(main)
        if isinstance(main, click.Group):
            commands += main.commands.values()
    return commands


@pytest.mark.parametrize("command", every_command(), ids=lambda command: command.callback.__module__ + command.name)
def test_a_command_says_what_it_does_and_shows_examples(command: click.Command) -> None:
    assert command.help
    assert command.help.splitlines()[0].endswith(".")
    assert getattr(command, "examples", "").strip()


@pytest.mark.parametrize("command", every_command(), ids=lambda command: command.callback.__module__ + command.name)
def test_every_option_has_help(command: click.Command) -> None:
    options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    assert all(option.help and option.help.split("  [default")[0].endswith(".") for option in options)


@pytest.mark.parametrize("command", every_command(), ids=lambda command: command.callback.__module__ + command.name)
def test_the_sections_of_a_help_are_of_options_that_there_are(command: click.Command) -> None:
    options = {parameter.name for parameter in command.params}
    named = [name for names in command.sections.values() for name in names]
    assert set(named) <= options
    assert len(set(named)) == len(named)


@pytest.mark.parametrize("name", COMMANDS)
def test_help_shows_the_examples_as_they_are_typed(name: str, run) -> None:
    result = run(name, "--help")
    assert result.exit_code == 0
    examples = result.stdout.split("Examples:\n")[1].strip().splitlines()
    assert all(len(re.findall(r"^\s*(cat|[a-z-]+) ", line)) == 1 for line in examples)


@pytest.mark.parametrize("name", COMMANDS)
def test_help_loads_nothing_heavy(name: str, python) -> None:
    check = (
        "import sys, runpy; sys.argv = ['x', '--help']\n"
        f"try: runpy.run_module({module_of(name)!r}, run_name='__main__')\n"
        "except SystemExit: pass\n"
        f"print('LOADED', [name for name in {HEAVY!r} if name in sys.modules])"
    )
    assert python(check).splitlines()[-1] == "LOADED []"


def test_the_reference_is_what_the_commands_say() -> None:
    docs = Path(__file__).parents[2] / "docs"
    reference = runpy.run_path(str(docs / "make_reference.py"))["reference"]
    assert (docs / "commands.md").read_text("utf-8") == reference(), "run: python docs/make_reference.py"
