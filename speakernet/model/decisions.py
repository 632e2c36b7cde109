"""Results of a packaged model in words, and as JSON."""

import json
from dataclasses import asdict, replace

from speakernet.config import UserError
from speakernet.model.description import Description, llr_threshold
from speakernet.model.identifying import Candidate, Identification
from speakernet.model.pairs import Pair
from speakernet.model.results import Verification


def decide(description: Description, result: Verification, threshold: float | None) -> Verification:
    """Return the result with the decision of a score's ``threshold``, where there is one.

    Raises UserError where nothing can decide.
    """
    if threshold is not None:
        return replace(result, same=_final(result) >= threshold)
    if result.same is None:
        raise UserError(
            f"the model has no calibration; expected --threshold X, the least "
            f"{description.score_kind} of one speaker (here {_final(result):.4f})"
        )
    return result


def _final(result: Verification) -> float:
    return result.score if result.normalized is None else result.normalized


def verification_text(description: Description, result: Verification) -> str:
    """Return lines that say what was found."""
    lines = ["same speaker" if result.same else "different speakers"]
    if result.llr is not None:
        least = llr_threshold(result.prior)
        text = f"same speaker from {least:.2f} on, at a prior of {result.prior:g}"
        lines.append(f"log-likelihood ratio {result.llr:.2f} ({text})")
    if result.normalized is not None:
        lines.append(f"{description.scoring.normalization} {result.normalized:.4f}")
    lines.append(f"{description.scoring.similarity} {result.score:.4f}")
    return "\n".join([*lines, *(f"note: {note}" for note in result.notes)])


def verification_json(description: Description, result: Verification) -> str:
    """Return one line of JSON."""
    kinds = {"model": description.name, "score_kind": description.scoring.similarity}
    if result.normalized is not None:
        kinds["normalized_kind"] = description.scoring.normalization
    return json.dumps(asdict(result) | kinds)


def identification_text(found: Identification, top: int) -> str:
    """Return a line: recording, person or "-", then the figures of the ``top`` candidates."""
    fields = [found.recording, found.name or "-"]
    for each in found.candidates[:top]:
        chance = "-" if each.probability is None else f"{each.probability:.4f}"
        fields += [each.name, chance, *_figures(each)]
    return "\t".join(fields)


def _figures(each: Candidate | Pair) -> list[str]:
    values = (each.llr, each.normalized, each.score)
    return ["-" if value is None else f"{value:.4f}" for value in values]


def identification_json(found: Identification, top: int) -> str:
    """Return one line of JSON with the ``top`` candidates."""
    return json.dumps(asdict(replace(found, candidates=found.candidates[:top])))


def pair_text(pair: Pair) -> str:
    """Return a line of the table of pairs."""
    decision = {None: "-", True: "same", False: "different"}[pair.same]
    return "\t".join([pair.one, pair.other, *_figures(pair), decision])


def pair_json(pair: Pair) -> str:
    """Return one line of JSON."""
    return json.dumps(asdict(pair))
