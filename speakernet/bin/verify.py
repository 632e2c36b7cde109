"""Tell whether two recordings are of one speaker, by a packaged model.

Prints the decision, the log-likelihood ratio, the score normalised by the cohort, the similarity.
The status is 0 for the same speaker, 1 for different ones, 2 for an error.
"""

from argparse import Namespace

from speakernet.bin.cli import run
from speakernet.bin.options.decision import JSON, PRIOR, THRESHOLD
from speakernet.bin.options.model import CHECK, DEVICE, MODEL, THREADS, load
from speakernet.bin.options.program import argument, arguments, program


@program("users", error_status=2)
@arguments(MODEL)
@argument("one", str, "a recording of any format, rate and number of channels")
@argument("other", str, "another one")
@arguments(PRIOR, THRESHOLD, JSON, CHECK, DEVICE, THREADS)
def main(args: Namespace) -> int:
    """Print the result; return the status."""
    from speakernet.model.decisions import decide, verification_json, verification_text

    model = load(args)
    result = model.verify(args.one, args.other, prior=args.prior, check=args.check)
    decision = decide(model.description, result, args.threshold)
    show = verification_json if args.json else verification_text
    print(show(model.description, decision, args.threshold), flush=True)
    return 0 if decision.same else 1


if __name__ == "__main__":
    run(main)
