"""The option by which programs change settings of the recipe that they read."""

from speakernet.bin.options.parser import Argument

SETTINGS = Argument(
    "--set",
    str,
    "changes a setting of the recipe, as train.epochs=4 (repeatable)",
    action="append",
    default=[],
    metavar="KEY=VALUE",
)
