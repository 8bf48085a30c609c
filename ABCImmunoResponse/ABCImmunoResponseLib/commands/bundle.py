"""``bundle``: what a model is, and whether its files are as they were locked."""

from argparse import Namespace, _SubParsersAction
from pathlib import Path

from ABCImmunoResponseLib.commands.console import add_command, add_group, add_json, print_json
from ABCImmunoResponseLib.model.bundle import load_bundle


def add(commands: _SubParsersAction) -> None:
    """Add ``bundle show`` and ``bundle verify``."""
    group = add_group(commands, "bundle", "look at or verify a model bundle")
    parser = add_command(
        group,
        "show",
        "Show a model's card: what it was trained on, how well it did, what it is for.",
        "abc-immuno-response bundle show",
        _show,
    )
    parser.add_argument("bundle", type=Path, nargs="?", help="a bundle folder (the bundled model)")
    add_json(parser)
    parser = add_command(
        group,
        "verify",
        "Verify every hash, shape and value of a model bundle.",
        "abc-immuno-response bundle verify models/our-hospital-1",
        _verify,
    )
    parser.add_argument("bundle", type=Path, nargs="?", help="a bundle folder (the bundled model)")
    add_json(parser)


def _show(words: Namespace) -> None:
    bundle = load_bundle(words.bundle)
    if words.json:
        print_json(bundle.description)
    else:
        print(bundle.card)


def _verify(words: Namespace) -> None:
    bundle = load_bundle(words.bundle)
    if words.json:
        print_json({"id": bundle.id, "sha256": bundle.sha256})
    else:
        print(f"{bundle.id}: unchanged, sha256 {bundle.sha256}")
