"""The options by which run.sh names what its recipes read, as check-inputs and plan take them."""

from pathlib import Path

from speakernet.bin.options.parser import Argument

INPUTS = (
    Argument("--musan-root", Path, "tree of noise, music and speech", metavar="DIR"),
    Argument("--rirs", Path, "rooms", metavar="DIR"),
    Argument("--test-set", str, "name of the test set", required=True, metavar="NAME"),
    Argument("--cohort-set", str, "name of the cohort", required=True, metavar="NAME"),
    Argument("--trials", Path, "list of trials", action="append", default=[]),
    Argument("--enroll-spk2utt", Path, "enrolment ids are models with these utterances"),
    Argument("--estimate", Path, "what the corpus says of itself", metavar="FILE"),
)
