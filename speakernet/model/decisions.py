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


def verification_text(
    description: Description, result: Verification, threshold: float | None = None
) -> str:
    """Return lines that say what was found, and beside which figure what it was decided by."""
    lines = {"": "same speaker" if result.same else "different speakers"}
    if result.llr is not None:
        lines["llr"] = f"log-likelihood ratio {result.llr:.2f}"
    if result.normalized is not None:
        kind: str = description.scoring.normalization
        lines[kind] = f"{kind} {result.normalized:.4f}"
    kind = description.scoring.similarity
    lines[kind] = f"{kind} {result.score:.4f}"
    if threshold is not None:
        lines[description.score_kind] += f" (same speaker from {threshold:g} on)"
    elif result.llr is not None:
        least = llr_threshold(result.prior)
        lines["llr"] += f" (same speaker from {least:.2f} on, at a prior of {result.prior:g})"
    return "\n".join([*lines.values(), *(f"note: {note}" for note in result.notes)])


def verification_json(
    description: Description, result: Verification, threshold: float | None = None
) -> str:
    """Return one line of JSON; with a ``threshold``, that stands there instead of the prior."""
    kinds: dict[str, object] = {"model": description.name}
    kinds["score_kind"] = description.scoring.similarity
    if threshold is not None:
        kinds |= {"prior": None, "threshold": threshold}
    if result.normalized is not None:
        kinds["normalized_kind"] = description.scoring.normalization
    return json.dumps(asdict(result) | kinds)


def identification_text(found: Identification, top: int) -> str:
    """Return a line: recording, person or "-", then the figures of the ``top`` candidates."""
    fields = [_field(found.recording), found.name or "-"]
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
    return "\t".join([_field(pair.one), _field(pair.other), *_figures(pair), decision])


def _field(name: str) -> str:
    """Return a file's name as a field of a table: tabs and line breaks would end it."""
    return name.translate({ord(c): repr(c)[1:-1] for c in "\t\n\r"})


def pair_json(pair: Pair) -> str:
    """Return one line of JSON."""
    return json.dumps(asdict(pair))
