"""The report as people meet it: in a browser, on a desk and on a phone, by keyboard and by a screen reader, and on paper.

Needs Debian's `chromium`, Playwright and axe; skipped with the reason where one of them is absent.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.end_to_end.running import called

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright drives the browser: install the extra `test`")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe checks what a screen reader gets: install the extra `test`")
CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: apt-get install chromium fonts-noto-cjk")

QUIET = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync")
WIDTHS = {"desk": 1280, "tablet": 820, "phone": 390, "small phone": 320}
LANGUAGES = ("zh", "en")
OVERFLOW = """() => [...document.querySelectorAll('body *')].filter(e => {
  const box = e.getBoundingClientRect();
  return box.width > 0 && box.right > document.documentElement.clientWidth + 1 && !e.closest('.scroll, .skip, svg, .cards thead');
}).map(e => e.outerHTML.slice(0, 120))"""
SMALL_TEXT = """() => [...document.querySelectorAll('main *')].filter(e =>
  [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) && parseFloat(getComputedStyle(e).fontSize) < 11.5
).map(e => e.outerHTML.slice(0, 120))"""


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The demo's report in each language, with everything that a report may show."""
    folder = tmp_path_factory.mktemp("report")
    assert called("demo", "--out", folder / "demo", "--disputes", "300").code == 0
    out = {}
    for language in LANGUAGES:
        out[language] = folder / f"{language}.html"
        assert called("--project", folder / "demo", "report", "--language", language, "--out", out[language]).code == 0
    return out


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as p:
        browser = p.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture
def opened(browser: Any, reports: dict[str, Path]) -> Iterator[Any]:
    """`opened(language, width)` is a page; whatever it says on the console or asks of a network is a failure."""
    said: list[str] = []
    contexts = []

    def page(language: str, width: int, **more: Any) -> Any:
        context = browser.new_context(viewport={"width": width, "height": 844}, **more)
        contexts.append(context)
        found = context.new_page()
        found.on("console", lambda m: said.append(m.text))
        found.on("pageerror", lambda e: said.append(str(e)))
        found.on("request", lambda r: said.append(r.url) if not r.url.startswith("file:") else None)
        found.goto(reports[language].as_uri())
        return found

    yield page
    for context in contexts:
        context.close()
    assert said == []


def open_everything(page: Any) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS.keys())
def test_nothing_stands_beyond_the_page_at_any_width(opened: Any, language: str, width: int) -> None:
    page = opened(language, width)
    open_everything(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(OVERFLOW) == []
    assert page.evaluate(SMALL_TEXT) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [WIDTHS["desk"], WIDTHS["phone"]])
def test_axe_finds_no_serious_violation(opened: Any, language: str, width: int) -> None:
    # axe is a script, which the page's own policy would refuse
    page = opened(language, width, bypass_csp=True)
    page.evaluate("[...document.querySelectorAll('details')].slice(0, 12).forEach(d => { d.open = true })")
    found = axe.Axe().run(page).response["violations"]
    assert [(v["impact"], v["id"], v["nodes"][0]["html"][:200]) for v in found] == []


def test_the_first_screen_says_what_is_wrong_what_is_not_known_and_what_is_due(opened: Any) -> None:
    for width in (WIDTHS["desk"], WIDTHS["phone"]):
        page = opened("zh", width)
        for words in ("不合规", "到期未办", "无法判断", "即将到期"):
            box = page.locator("#s-opening .figure", has_text=words).first.bounding_box()
            assert box is not None
            assert box["y"] + box["height"] <= 844, (width, words)


def test_it_is_read_without_scripts(browser: Any, reports: dict[str, Path]) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(reports["en"].as_uri())
    assert page.locator("h2").count() >= 10
    assert page.locator("#s-first table").first.is_visible()
    page.locator("#s-findings summary").first.click()
    assert page.locator("#s-findings details[open] table").first.is_visible()
    context.close()


def test_a_keyboard_reaches_everything_and_shows_where_it_is(opened: Any) -> None:
    page = opened("en", WIDTHS["desk"])
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.locator("#s-findings summary").first.focus()
    page.keyboard.press("Enter")
    assert page.locator("#s-findings details").first.get_attribute("open") is not None
    page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_a_link_to_a_control_leads_to_what_was_found_of_it(opened: Any) -> None:
    page = opened("en", WIDTHS["desk"])
    link = page.locator("#s-opening td.k-control a").first
    name = link.inner_text()
    link.click()
    assert page.locator(":target .id").first.inner_text() == name


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_prints_on_a4_with_every_finding(opened: Any, language: str) -> None:
    page = opened(language, WIDTHS["desk"])
    page.emulate_media(media="print")
    closed = page.locator("details.group:not([open])")
    assert closed.count() > 10
    assert page.evaluate("document.querySelector('details.group:not([open]) table').getBoundingClientRect().height") > 0
    assert not page.locator("nav.contents").is_visible()
    printed = page.pdf(prefer_css_page_size=True)
    assert printed.startswith(b"%PDF")
    boxes = {part.split(b"]")[0] for part in printed.split(b"/MediaBox [")[1:]}
    assert boxes == {b"0 0 594.95996 841.91998"}


def test_charts_can_be_told_apart_without_colour(opened: Any) -> None:
    page = opened("zh", WIDTHS["desk"])
    fills = page.evaluate("[...document.querySelectorAll('svg.chart rect')].map(r => r.getAttribute('fill'))")
    assert {"url(#p-bad)", "url(#p-late)", "url(#p-unknown)"} <= set(fills)
    for chart in page.locator("figure.chart").all():
        assert chart.locator("svg.chart[role=img] title").count() == 1
        assert chart.locator("details table").count() == 1


def test_neither_a_date_nor_a_short_heading_in_chinese_is_broken(opened: Any) -> None:
    page = opened("zh", WIDTHS["desk"])
    assert page.locator("#s-opening .figure .day").count() >= 1
    broken = """() => [...document.querySelectorAll('.day, .dense thead th, #s-opening thead th')].filter(e => {
      const text = document.createRange(); text.selectNodeContents(e);
      return new Set([...text.getClientRects()].map(r => Math.round(r.top))).size > 1 || (e.matches('.day') && getComputedStyle(e).display !== 'inline');
    }).map(e => e.outerHTML)"""
    assert page.evaluate(broken) == []
