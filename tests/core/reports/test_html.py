"""The page: whole in itself, the same bytes each time, nothing of the register taken for markup, every link leads somewhere."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from tests.core.reports.conftest import Reader, reported

from disputekit.extension import ReportSection
from disputekit.plugins import CORE, Given
from disputekit.reports import html, plain
from disputekit.reports.asked import asked
from disputekit.reports.made import make_report
from disputekit.sections import Chart, Heading, Listing, Matrix, Paragraph, Section, Series, Square
from disputekit.text import Language, Text

TITLE = Text(zh="插件的章节", en="A plugin's section")


class Page(HTMLParser):
    """What a page has of what matters here. open_: elements that are opened and not yet closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.tags: list[str] = []
        self.wrong: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.wrong += self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in ("meta", "br", "hr", "img", "input", "link"):
            self._open.append(tag)
        for name, value in attrs:
            self.attributes.append((tag, name, value))
            if name == "id":
                self.ids.append(str(value))
            if name in ("href", "aria-labelledby"):
                self.links += str(value).removeprefix("#").split() if name != "href" else [str(value).removeprefix("#")]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if self._open and self._open[-1] == tag:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.wrong.append(f"</{tag}> at {self.getpos()}")


@pytest.fixture(scope="module", params=["zh", "en"])
def page(request: pytest.FixtureRequest, demo_reader: Reader) -> tuple[Language, str]:
    return request.param, html.written(reported(demo_reader.of()), request.param)


def test_the_page_needs_nothing_from_anywhere_and_no_script(page: tuple[Language, str]) -> None:
    found = Page(page[1])
    assert not {"script", "link", "img", "iframe", "object", "embed", "form", "base"} & set(found.tags)
    assert [v for _, name, v in found.attributes if name in ("src", "srcset", "data") or name.startswith("on")] == []
    assert all(str(v).startswith("#") for tag, name, v in found.attributes if name == "href")
    styles = re.findall(r"<style[^>]*>(.*?)</style>", page[1], re.DOTALL)
    assert styles
    # a cell of the register may hold an address; it is a text, and leads nowhere
    looked_up = " ".join([*styles, *(str(value) for _, _, value in found.attributes)])
    assert not re.search(r"https?://|@import|expression\(|url\((?!#)", looked_up)


def test_every_element_is_closed_every_id_is_its_own_and_every_link_leads_somewhere(page: tuple[Language, str]) -> None:
    found = Page(page[1])
    assert found.wrong == []
    assert len(found.ids) == len(set(found.ids)) > 50
    assert set(found.links) <= set(found.ids), sorted(set(found.links) - set(found.ids))[:5]


def test_the_page_says_its_language_and_has_one_heading_of_the_first_rank(page: tuple[Language, str]) -> None:
    language, text = page
    assert f'<html lang="{"zh-CN" if language == "zh" else "en"}">' in text
    assert text.count("<h1") == 1
    assert ("理赔争议合规评估报告" in text) is (language == "zh")


def test_the_same_assessment_gives_the_same_bytes(page: tuple[Language, str], demo_reader: Reader) -> None:
    assert html.written(reported(demo_reader.of()), page[0]) == page[1]


def test_the_page_is_bounded_by_what_is_asked_for(demo_reader: Reader) -> None:
    sizes = [len(html.written(reported(demo_reader.of(most=most)), "en")) for most in (1, 20)]
    assert sizes[0] < sizes[1] < 1_000_000


@pytest.mark.parametrize("language", ["zh", "en"])
def test_nothing_of_the_register_is_taken_for_markup(small_reader: Reader, language: Language) -> None:
    text = html.written(reported(small_reader.of()), language)
    assert "<script>" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert Page(text).wrong == []


def test_a_plugins_section_looks_like_the_cores_and_one_that_fails_is_seen(small_reader: Reader) -> None:
    def make(assessed: object, run: object) -> Section:
        return Section((
            Paragraph(TITLE, "bad"), Listing(TITLE, (Heading(TITLE),), (("<b>x</b>",),)), Chart(TITLE, "bar", ("a",), (Series(TITLE, (1.0,)),), TITLE),
        ))  # fmt: skip

    def broken(assessed: object, run: object) -> Section:
        raise ValueError("<i>nothing</i> works")

    assessed = small_reader.of()
    given = [Given("mine", ReportSection("own", TITLE, make)), Given("theirs", ReportSection("broken", TITLE, broken))]
    report = make_report(assessed, asked(assessed.manifest, None, "en").run, given, lacking=["absent"])
    text = html.written(report, "en")
    assert [m.plugin for m in report.sections] == [CORE, "mine", "theirs"]
    assert text.index("What this report lacks") < text.index("from the plugin mine")
    assert text.count("raised ValueError: &lt;i&gt;nothing&lt;/i&gt; works") == 2
    assert "&lt;b&gt;x&lt;/b&gt;" in text
    assert '<p class="notice notice-bad">' in text
    assert "absent" in text


def test_a_matrix_has_headings_on_both_sides_and_says_each_tone_in_words(small_reader: Reader) -> None:
    words = Text(zh="高", en="High")
    matrix = Matrix(
        TITLE, TITLE, TITLE, ("<i>often</i>", "seldom"), (1, 2), ((Square(3, "bad", words), None), (Square(), Square(None, "bad", words)))
    )
    assessed = small_reader.of()
    given = [Given("mine", ReportSection("own", TITLE, lambda assessed, run: Section((matrix,))))]
    text = html.written(make_report(assessed, asked(assessed.manifest, None, "en").run, given), "zh")
    assert Page(text).wrong == []
    assert re.findall(r'<th scope="(?:row|col)">(.*?)</th>', text) == ["插件的章节", "1", "2", "&lt;i&gt;often&lt;/i&gt;", "seldom"]
    assert '<td class="sq sq-bad"><span class="v">3</span> <span class="mark">高</span></td>' in text
    assert '<td class="sq sq-bad"> <span class="mark">高</span></td>' in text
    assert text.count('<span class="none">—</span>') == 2


def test_a_text_that_a_pack_has_in_one_language_only_is_marked(small_reader: Reader) -> None:
    assessed = small_reader.of()
    controls = tuple(c.model_copy(update={"remedy": Text.model_validate({"zh": "办结"})}) for c in assessed.manifest.controls)
    marked = reported(type(assessed)(assessed.manifest.model_copy(update={"controls": controls}), "", 5, None, None, assessed._run))
    assert "[Chinese only] 办结" in html.written(marked, "en")
    assert "[Chinese only]" not in html.written(marked, "zh")


def test_json_has_the_same_sections_in_the_language_asked_for(small_reader: Reader, tmp_path: Path) -> None:
    import json

    report = reported(small_reader.of())
    found = {language: json.loads(plain.written(report, language)) for language in ("zh", "en")}
    assert [s["name"] for s in found["zh"]["sections"]] == [m.name for m in report.sections]
    assert (found["zh"]["sections"][0]["title"], found["en"]["sections"][0]["title"]) == ("要点", "In short")
    (numbers,) = [b for b in found["en"]["sections"][0]["blocks"] if b["block"] == "figures"]
    assert (numbers["figures"][0]["label"], numbers["figures"][0]["value"]) == ("Breaches", 5)
    assert (found["en"]["format"], found["en"]["as_of"], found["en"]["failures"]) == ("disputekit-report-1", "2026-02-01", [])
