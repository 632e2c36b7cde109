"""All programs and steps/*.sh, by construction: help, groups, and one spelling for each option.

CONTRIBUTING.md has the rules that are tested here.
"""

import re
import resource
import subprocess
import sys
from argparse import Action
from importlib import import_module
from pathlib import Path

import pytest

from speakernet.bin.cli import GROUPS, Command, commands
from speakernet.bin.options.program import Program
from speakernet.bin.options.types import truth

COMMANDS = commands()
STEPS = sorted(Path(__file__).parents[3].glob("steps/**/*.sh"))
HEAVY = {"torch", "scipy", "sklearn", "matplotlib", "numba"}
SECONDS = 1.0

# What Kaldi's programs of the same names have as flags; ours are Kaldi's then.
KALDI_FLAGS = {
    "validate-data-dir": {"--no-feats", "--no-text", "--no-wav", "--no-spk-sort", "--non-print"},
    "subset-data-dir": {"--first", "--last", "--shortest", "--per-spk", "--speakers"},
    "split-data": {"--per-utt"},
}
# Other names of an option, and where Kaldi's program of the same name spells it so.
SYNONYMS = {
    "--num-jobs": set[str](),
    "--random-seed": {"augment-data-dir", "reverberate-data-dir"},
    "--suffix": set[str](),
    "--mel-bins": set[str](),
    "--cohort-dir": set[str](),
}


def arguments_of(command: Command) -> list[Action]:
    module = import_module(f"speakernet.bin.{command.name.replace('-', '_')}")
    assert isinstance(module.main, Program)
    assert module.main.group == command.group
    actions = module.main.make_parser()._actions
    return [action for action in actions if action.option_strings[:1] != ["-h"]]


def options_of(command: Command) -> dict[str, Action]:
    return {name: a for a in arguments_of(command) for name in a.option_strings}


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c.name)
def test_help_is_there_and_cheap(command: Command) -> None:
    program = (
        "import sys\nfrom speakernet.bin import cli\n"
        "try:\n    cli.main(sys.argv[1:])\nexcept SystemExit as end:\n    assert not end.code\n"
        f"print(sorted(sys.modules.keys() & {HEAVY}), file=sys.stderr)"
    )
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    result = subprocess.run(
        [sys.executable, "-c", program, command.name, "--help"], capture_output=True, text=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert (result.returncode, result.stderr) == (0, "[]\n")
    assert result.stdout.startswith(f"usage: speakernet {command.name} ")
    assert command.summary in result.stdout
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < SECONDS


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c.name)
def test_a_command_says_what_it_does_and_what_it_takes(command: Command) -> None:
    assert command.group in GROUPS
    assert 0 < len(command.summary) <= 74 and command.summary.endswith(".")
    for argument in arguments_of(command):
        assert argument.help, argument.dest


def test_one_option_is_one_thing() -> None:
    found: dict[str, dict[tuple[object, ...], list[str]]] = {}
    for command in COMMANDS:
        for name, option in options_of(command).items():
            if name in KALDI_FLAGS.get(command.name, ()):
                continue
            shape = (option.type, option.metavar, tuple(option.choices or ()))
            found.setdefault(name, {}).setdefault(shape, []).append(command.name)
    assert {name: shapes for name, shapes in found.items() if len(shapes) > 1} == {}
    for name, allowed in SYNONYMS.items():
        assert {c for shapes in found.get(name, {}).values() for c in shapes} <= allowed


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c.name)
def test_truth_values_are_true_or_false(command: Command) -> None:
    flags = {name for name, option in options_of(command).items() if option.nargs == 0}
    assert flags == KALDI_FLAGS.get(command.name, set())
    for name, option in options_of(command).items():
        assert (option.type is truth) == (option.metavar == "true|false"), name


def test_scripts_show_options_as_programs_do() -> None:
    metavars = {
        name: option.metavar
        for command in COMMANDS
        for name, option in options_of(command).items()
        if name not in KALDI_FLAGS.get(command.name, ())
    }
    shared = 0
    for script in STEPS:
        text = script.read_text()
        for name, shown in help_of_script(text).items():
            assert shown == metavars.get(name, shown), f"{script.name}: {name} {shown}"
            default = re.search(rf"^{name[2:].replace('-', '_')}=(\w*)$", text, flags=re.MULTILINE)
            if default and default[1] in ("true", "false"):
                assert shown == "true|false", f"{script.name}: {name} {shown}"
            shared += name in metavars
        assert not SYNONYMS.keys() & help_of_script(text).keys(), script.name
    assert shared > 20


def help_of_script(text: str) -> dict[str, str]:
    """Return the options in a script's help, and what it shows as their values."""
    message = re.search(r'^help_message="(.*?[^\\])"$', text, flags=re.MULTILINE | re.DOTALL)
    lines = message[1].splitlines() if message else []
    starts = [re.match(r"  --.*?(?=  |$)", line) for line in lines]
    pairs = [re.findall(r'(--[a-z0-9-]+) \\?"?([^ "]+)', start[0]) for start in starts if start]
    return {name: shown.rstrip(",") for line in pairs for name, shown in line}
