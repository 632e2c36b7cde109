"""The model card of a package: what the network was trained on, and how good it was found to be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from speakernet.model.description import Description
from speakernet.recipe import Recipe


@dataclass(frozen=True)
class CardNotes:
    """What others know of the model: the commit of the code, lines of the table of its results, and
    what is to be known of the corpus's licences.
    """

    commit: str = ""
    results: Sequence[str] = ()
    licences: str = ""


def model_card(
    description: Description, recipe: Recipe, state: Mapping[str, Any], notes: CardNotes
) -> str:
    """Return the card as Markdown; ``state`` is the checkpoint that the weights are from."""
    lines = [f"# {description.name}", "", *_summary(description, recipe, state), ""]
    lines += ["## Results", "", *(notes.results or ["None were there when it was packaged."]), ""]
    lines += ["## Decisions", "", *_decisions(description), "", "## Licences", ""]
    lines += [notes.licences.strip() or "Nothing is known of the licences of the training data."]
    made = ", ".join(f"{name} {version}" for name, version in description.made_with.items())
    return "\n".join([*lines, "", f"Made with {made}.", ""])


def _summary(description: Description, recipe: Recipe, state: Mapping[str, Any]) -> list[str]:
    speakers, options = state.get("num_speakers", 0), description.front_end.options
    rate = int(options.sample_frequency) if options else 16000
    of = f" of {speakers} speakers" if speakers else ""
    return [
        f"A speaker embedding network, `{description.network.name}`: "
        f"{description.embedding_dim} values a recording, from audio at {rate} Hz "
        f"({recipe.features}; other rates are resampled).",
        "",
        f"Trained on the set `{recipe.train_set}`{of}, copies: "
        f"{', '.join(recipe.sorted_copies) or 'none'}; loss `{recipe.loss.name}`, "
        f"{recipe.train.epochs} epochs, seed {recipe.seed}. `recipe.yaml` has all settings.",
        "",
        "```python",
        "import speakernet",
        'model = speakernet.load_model("this folder")',
        'print(model.verify("one.wav", "other.wav"))',
        "```",
    ]


def _decisions(description: Description) -> list[str]:
    found = description.calibration
    if found is None:
        return ["There is no calibration: scores have no threshold that is known to be good."]
    lines = [
        f"Log-likelihood ratio = {found.offset:.4f} + {found.weight:.4f} · {found.kind}, fitted at "
        f"a prior of {found.p_target:g} on {found.fitted_on}. Training speakers are easier than "
        "others, so ratios are larger than they should be for people it has never heard.",
        "",
        f"| prior of a target | least ratio | least {found.kind} |",
        "| --- | --- | --- |",
    ]
    return lines + [
        f"| {t.p_target:g} | {t.llr:.3f} | {t.score:.3f} |" for t in description.thresholds
    ]
