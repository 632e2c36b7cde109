"""speakernet report: everything that is known is shown, as text, and what is not is told."""

import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest

from speakernet.bin import report, results
from speakernet.config import UserError
from tests.unit.report.page.hostile_experiment import SCRIPT, make_hostile_experiment


class _Page(HTMLParser):
    """Tags and attributes of a page, and its words."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.words = ""
        self.text = path.read_text(encoding="utf-8")
        self.feed(self.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.words += f"{data} "

    def sources(self) -> list[str]:
        return [value for name, value in self.attributes if name == "src"]


@pytest.fixture(scope="module")
def exp_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_hostile_experiment(tmp_path_factory.mktemp("report"))


def _make(exp_dir: Path, *options: str, name: str = "report.html") -> _Page:
    output = exp_dir / name
    data = exp_dir.parents[2] / "data"
    assert report.main([*options, "--data", str(data), str(exp_dir), str(output)]) == 0
    return _Page(output)


def test_names_from_outside_are_text(exp_dir: Path) -> None:
    page = _make(exp_dir)
    assert not {"script", "img", "link", "iframe", "object", "form"} & set(page.tags)
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert SCRIPT in page.words
    # No address but files beside the page and places in it.
    addresses = [value for name, value in page.attributes if name in ("src", "href")]
    assert all(value.startswith(("../../../data/corpus/test/wav/", "#")) for value in addresses)
    assert "url(" not in page.text and "@import" not in page.text
    assert any(value.startswith("default-src 'none'") for _, value in page.attributes)


def test_everything_that_is_known_is_shown(exp_dir: Path) -> None:
    page = _make(exp_dir, "--tables", str(exp_dir / "report"))
    assert set(re.findall('<section id="([a-z-]+)"', page.text)) == {
        "results", "curves", "training", "errors", "map-of-embeddings", "settings-times-disk",
    }  # fmt: skip
    expected = (
        "Differences to base, cosine", "DET curves", "Scores of base, cosine", "nl", "two sessions",
        "0 to 1 s", "Hardest non-targets", "features: fbank80", "Loss of training crops, base",
        "There is no train.jsonl of a model lm",
    )  # fmt: skip
    assert [words for words in expected if words not in page.words] == []
    assert page.text.count("<circle") > 32
    pairs = (exp_dir / "report" / "trials.pairs.tsv").read_text().splitlines()
    assert pairs[0] == "speaker\tother\tnontargets\tfalse_alarms" and len(pairs) > 3
    assert len((exp_dir / "report" / "trials.speakers.tsv").read_text().splitlines()) == 9
    first = (exp_dir / "report.html").read_bytes()
    assert _make(exp_dir, "--tables", str(exp_dir / "report")).text.encode() == first


def test_recordings_are_played_and_commands_are_not_run(exp_dir: Path) -> None:
    test = exp_dir.parents[2] / "data/corpus/test"
    linked = _make(exp_dir)
    assert any(source.endswith("%20%25%23%3F.wav") for source in linked.sources())
    inside = _make(exp_dir, "--clips-mib", "2", name="clips.html")
    clips = [source for source in inside.sources() if source.startswith("data:audio/")]
    assert clips and len(clips) == len(inside.sources()) == len(linked.sources())
    small = _make(exp_dir, "--clips-mib", "0.02", name="small.html")
    assert 0 < sum(source.startswith("data:") for source in small.sources()) < len(clips)
    assert len(small.text) < len(linked.text) + 0.02 * 2**20
    assert not (test / "was-run").exists()


def test_what_is_missing_is_told(exp_dir: Path, tmp_path: Path) -> None:
    shutil.copytree(exp_dir.parents[2], tmp_path / "all")
    bare = next((tmp_path / "all/exp/corpus").iterdir())
    test = tmp_path / "all/data/corpus/test"
    for name in ("utt2dur", "utt2lang", "utt2session", "wav.scp"):
        (test / name).unlink()
    shutil.rmtree(bare / "embeddings_test")
    (bare / "train.jsonl").unlink()
    (bare / "draws.npz").unlink()
    page = _make(bare)
    expected = (
        "has no utt2dur", "has no utt2lang or spk2lang", "has no utt2session",
        "no embeddings are kept", "no file of its own to play",
        "There is no train.jsonl of a model base",
    )  # fmt: skip
    assert [words for words in expected if words not in page.words] == []
    assert "Differences to" not in page.words
    (bare / "train.jsonl").write_text("{}\n{\n")
    with pytest.raises(UserError, match=r"train\.jsonl:2: expected a JSON object"):
        _make(bare)


def test_several_experiments_and_seeds_on_one_page(exp_dir: Path, tmp_path: Path) -> None:
    shutil.copytree(exp_dir.parents[2], tmp_path / "all")
    corpus = tmp_path / "all/exp/corpus"
    first, second = corpus / "tdnn-seed=4", corpus / "tdnn-seed=5"
    next(corpus.iterdir()).rename(first)
    shutil.copytree(first, second)
    trials = tmp_path / "all/data/corpus/test/trials"
    scores = second / "scores/trials.cosine"
    lines = scores.read_text().splitlines()
    scores.write_text("".join(f"{line}5\n" for line in lines))
    results.main([str(second), str(trials), "--bootstrap", "8"])
    output = tmp_path / "both.html"
    report.main(["--trials", str(trials), str(first), str(second), str(output)])
    page = _Page(output)
    assert "Differences to tdnn-seed=4: base, cosine" in page.words
    assert "tdnn-seed=5: base, cosine" in page.words and "Means over seeds" in page.words
    assert page.words.count("Hardest targets") == 2


def test_what_cannot_be_reported_is_one_line(exp_dir: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"results\.json: no such file; expected an experiment"):
        report.main([str(tmp_path), str(tmp_path / "x.html")])
    with pytest.raises(UserError, match=r"its trial lists \(trials\) are not in a set of .*/none/"):
        report.main(["--data", str(tmp_path / "none"), str(exp_dir), str(tmp_path / "x.html")])
    trials = ["--trials", str(tmp_path / "others")]
    with pytest.raises(UserError, match=r"others: .*/results\.json has no row .*; it has trials$"):
        report.main([*trials, str(exp_dir), str(tmp_path / "x.html")])
    with pytest.raises(UserError, match="argument --clips-mib: found '-1'"):
        report.main(["--clips-mib", "-1", str(exp_dir), str(tmp_path / "x.html")])
    same = exp_dir / ".." / exp_dir.name
    with pytest.raises(UserError, match="the same experiment as .*; name each once"):
        report.main([str(exp_dir), str(same), str(tmp_path / "x.html")])
    with pytest.raises(UserError, match=r"none/x\.html: No such file"):
        report.main([str(tmp_path), str(tmp_path / "none/x.html")])
    assert not (tmp_path / "x.html").exists()


def test_scores_and_results_of_other_scores_do_not_stand_on_one_page(
    exp_dir: Path, tmp_path: Path
) -> None:
    shutil.copytree(exp_dir.parents[2], tmp_path / "all")
    copy = next((tmp_path / "all/exp/corpus").iterdir())
    scores, rows = copy / "scores/trials.cosine", copy / "results.json"
    found = json.loads(rows.read_text())
    lines = [line.split() for line in scores.read_text().splitlines()]
    scores.write_text("".join(f"{a} {b} {n % 7}\n" for n, (a, b, _) in enumerate(lines)))
    with pytest.raises(UserError, match=r"trials\.cosine: these scores .* have changed since"):
        _make(copy)
    for wrong, message in (
        ([{**found[0], "min_dcf_interval": None}], "not a list of results"),
        ([], "has no results; run stage 8"),
    ):
        rows.write_text(json.dumps(wrong))
        with pytest.raises(UserError, match=message):
            _make(copy)
