"""What a person does with report.html, in headless Chromium: opens the file, reads the matrix, prunes it, opens a cell, sees the
differing value and the picture; light and dark, wide and narrow, with and without scripts, by mouse and by keyboard."""

import pytest

from testenv.browser import browser
from test_report import folder, results  # noqa: F401 - fixtures

pytestmark = pytest.mark.slow

CASE, CLIENT = "k-of-n-errors", "default"
ROW = f'.matrix tr:has(a[href="#{CASE}"])'
CELL = f'.matrix a[href="#{CASE}--{CLIENT}"]'
OPENED = f'[id="{CASE}--{CLIENT}"]'
# The contrast of a text to what is behind it, as WCAG reckons.
CONTRAST = """(selector => {
  const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const rgb = color => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data]; };
  const light = ([r, g, b]) => [r, g, b].map(c => c / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = one => { for (; one; one = one.parentElement) { const color = rgb(getComputedStyle(one).backgroundColor);
    if (color[3] === 255) return color; } return [255, 255, 255]; };
  let worst = [99, ""];
  for (const one of document.querySelectorAll(selector)) {
    if (!one.checkVisibility() || !one.textContent.trim()) continue;
    const style = getComputedStyle(one), svg = one.namespaceURI.endsWith("svg");
    const pair = [light(rgb(svg ? style.fill : style.color)), light(behind(svg ? one.closest("div") : one))].sort((a, b) => b - a);
    const contrast = (pair[0] + 0.05) / (pair[1] + 0.05);
    if (contrast < worst[0]) worst = [contrast, one.className.baseVal ?? one.className, one.tagName, one.textContent.slice(0, 40)];
  }
  return worst;
})"""


@pytest.fixture(scope="module")
def page():
    with browser() as page:
        yield page


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_person_reads_it(page, folder, scheme, scripts):  # noqa: F811
    page.open(folder / "report.html", scripts=scripts, scheme=scheme)
    assert page.ask("matchMedia('(prefers-color-scheme: dark)').matches") == (scheme == "dark")
    background = page.ask("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
    assert (sum(background) > 600) == (scheme == "light")
    # The matrix stands there; nothing of a cell does.
    assert page.shows(ROW) and page.shows(CELL) and not page.shows(OPENED)
    assert page.shows(".filter") == scripts
    # A cell opens its words, findings, both sides, the command and pictures.
    page.click(CELL)
    assert page.shows(OPENED)
    for what in (".sides mark", ".command", ".waterfall .bar", "h4", ".mode li"):
        assert page.shows(f"{OPENED} {what}"), what
    assert not page.shows(f'[id="{CASE}--order"]')
    top = page.ask(f"document.querySelector('{OPENED}').getBoundingClientRect().top")
    assert 0 <= top < 400
    # And the words of the case stand above it.
    assert "answers eight of 64" in page.ask(f"document.querySelector('{OPENED}').closest('.case').innerText")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_rows_are_pruned_and_shown(page, folder, scripts):  # noqa: F811
    page.open(folder / "report.html", scripts=scripts)
    rows = "[...document.querySelectorAll('.matrix tbody tr:not(.group), details.case')].filter(one => one.checkVisibility()).length"
    assert page.ask(rows) == 4  # both cases, in matrix and list
    # As if one of them had passed everywhere.
    page.ask("document.querySelectorAll('tbody, tbody tr:not(.group), details.case').forEach((one, i) => "
             "one.textContent.includes('tri-mode') && one.classList.add('plain', 'fine'))")
    assert page.ask(rows) == 2
    page.click("#rows-all")
    assert page.ask(rows) == 4
    page.click("#rows-news")
    assert page.ask(rows) == 2 and not page.shows(".nothing")
    page.ask("document.querySelectorAll('tbody').forEach(one => one.classList.add('fine'))")
    assert page.shows(".nothing")
    if scripts:
        page.open(folder / "report.html")
        page.click(".filter input")
        page.type("k-of")
        assert page.ask(rows) == 2


def test_keyboard_reaches_a_cell_and_opens_it(page, folder):  # noqa: F811
    page.open(folder / "report.html", scripts=False)
    for _ in range(60):
        page.press("Tab", 9)
        if page.ask("document.activeElement.getAttribute('href')") == f"#{CASE}--{CLIENT}":
            break
    else:
        raise AssertionError("the key Tab does not reach the cell")
    page.press("Enter", 13)
    assert page.shows(OPENED)


def test_address_of_a_cell_opens_it(page, folder):  # noqa: F811
    page.open(folder / "report.html", fragment=f"#{CASE}--{CLIENT}", scripts=False)
    assert page.shows(f"{OPENED} .sides")


@pytest.mark.parametrize("width", [360, 1280])
def test_page_is_no_wider_than_the_window(page, folder, width):  # noqa: F811
    page.open(folder / "report.html", fragment=f"#{CASE}--{CLIENT}", width=width)
    page.click(".legend summary")
    assert page.ask("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_can_be_read(page, folder, scheme):  # noqa: F811
    page.open(folder / "report.html", fragment=f"#{CASE}--{CLIENT}", scheme=scheme)
    page.click(".legend summary")
    worst = page.ask(CONTRAST + "('p, b, small, a, td, th, dt, dd, li, i, summary, code, mark, h1, h4, label, svg text')")
    assert worst[0] >= 4.5, worst
