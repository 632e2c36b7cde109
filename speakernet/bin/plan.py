"""Tell what a run would make, take and lack (run.sh --plan).

The products that run.sh lists are printed per stage with what they are made from, their size, time
and memory: by the sets' tables or, before stage 1, by what the corpus says of itself, and by rates
that are measured here for some seconds. Every problem that is found is a line, too; where there are
some, the run cannot succeed, and the status is 1.
"""

from argparse import Namespace
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.inputs import INPUTS
from speakernet.bin.options.program import argument, arguments, options_from, program
from speakernet.bin.options.types import jobs, positive_int, truth
from speakernet.config.errors import UserError


@program("recipes")
@arguments(*INPUTS)
@argument("--nj", jobs, "number of jobs", default=1)
@argument("--nproc", positive_int, "training processes", default=1)
@argument("--cmd", str, "what runs jobs", action="append", default=[], metavar="COMMAND")
@argument("--exp-dir", Path, "where the models will be", required=True, metavar="DIR")
@argument("--measure", truth, "measure rates", default="true")
@argument("products", Path, "what run.sh would make, as it lists it")
@argument("resolved", Path, "has folders of experiments with resolved recipes")
@argument("data", Path, "folder of the sets")
def main(args: Namespace) -> int:
    """Print the plan; return 1 if something is missing."""
    from speakernet.planning.plan import PlanFiles, make_plan

    plan = make_plan(options_from(PlanFiles, args))
    print("\n".join(plan.lines))
    if plan.problems:
        more = len(plan.problems) - 1
        others = f"; {more} more problems are listed above" if more else ""
        raise UserError(f"the run cannot succeed: {plan.problems[0]}{others}")
    return 0


if __name__ == "__main__":
    run(main)
