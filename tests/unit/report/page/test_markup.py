"""Markup: what is text stays text."""

from html.parser import HTMLParser

from speakernet.report.page.markup import Html, element, rate_cell, table, text


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.words += [value or "" for _, value in attrs]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_names_are_no_markup() -> None:
    name = "<script>x()</script>\"'&<b onclick=y>"
    made = element("a", name, ["b", Html("<i>c</i>")], href=name, class_=None, open="")
    parser = _Tags()
    parser.feed(made)
    assert parser.tags == ["a", "i"] and parser.words == [name, "", f"{name}b", "c"]


def test_controls_and_marks_of_direction_go() -> None:
    assert text("a\x00b\x1bc\udcffd\u202ee") == "a\ufffdb\ufffdc\ufffdde"
    text("a\x00\udcff").encode()


def test_shapes_and_attributes() -> None:
    assert element("circle", cx=1.25, stroke_width=2) == '<circle cx="1.25" stroke-width="2"/>'
    assert element("meta", charset="utf-8") == '<meta charset="utf-8">'
    assert element("svg", viewbox="0 0 1 1").startswith('<svg viewBox="0 0 1 1">')


def test_cells_know_their_column() -> None:
    made = table(["speaker", "rate <%"], [["a", rate_cell(0.256)], ["b", rate_cell(None)]])
    assert '<td class="figure" data-title="rate &lt;%">25.6<span class="bar">' in made
    assert 'style="width:25.6%"' in made and made.count("<tr>") == 3
    assert '<td class="figure" data-title="rate &lt;%"></td>' in made
