"""How programs that use a packaged model decide, and how they say it."""

from speakernet.bin.options.parser import Argument
from speakernet.bin.options.types import number, prior, truth

PRIOR = Argument("--prior", prior, "probability of a match, before listening", default=0.5)
THRESHOLD = Argument("--threshold", number, "least score of a match, instead of --prior")
JSON = Argument("--json", truth, "as an object, for programs", default="false")
