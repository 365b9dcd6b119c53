# SPDX-License-Identifier: GPL-2.0-or-later
"""The HTML report as a reader has it: it draws, it fits, it can be used without a mouse, and guests cannot change it."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from chromium import Browser

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = ROOT / "build/orchestrator/assay"
SAMPLE = ROOT / "build/orchestrator/tests/browser/sample-run"

# How many pixels of a canvas were painted at all.
PAINTED = """
const found = [];
for (const canvas of document.querySelectorAll("canvas")) {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let painted = 0;
  for (let i = 3; i < data.length; i += 4) {
    painted += data[i] > 0 ? 1 : 0;
  }
  found.push(painted);
}
return found;
"""
# Elements that stick out of the page to the right, without a box of their own that scrolls.
TOO_WIDE = """
const limit = document.documentElement.clientWidth;
return [...document.body.querySelectorAll("*")]
  .filter((element) => element.getBoundingClientRect().right > limit + 1 && !element.closest(".scroll, pre, canvas"))
  .map((element) => `${element.tagName}.${element.className}`);
"""
CONTRAST = """
const parts = (text) => text.match(/[\\d.]+/g).map(Number);
const light = ([r, g, b]) => {
  const one = (v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  return 0.2126 * one(r) + 0.7152 * one(g) + 0.0722 * one(b);
};
const paper = light(parts(getComputedStyle(document.body).backgroundColor));
const worst = {};
for (const element of document.querySelectorAll("p, td, th, dt, dd, h1, h2, h3, a, figcaption, summary, .verdict, .id, caption")) {
  const ink = light(parts(getComputedStyle(element).color));
  const ratio = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
  worst[`${element.tagName}.${element.className}`] = ratio;
}
return worst;
"""


def report_in(results: Path, *arguments: str) -> Path:
    """Writes the HTML report of the last run below `results`."""
    page = results / "report.html"
    command = [str(PROGRAM), "-q", f"--results={results}", "report", "last", "-o", str(page), *arguments]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return page


def data_of(browser: Browser) -> Any:
    """What the open page's script draws."""
    return json.loads(browser.script("return document.getElementById('data').textContent"))


@pytest.fixture(scope="session")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report on a sample run, or on the last run below $ASSAY_REPORT_RESULTS."""
    chosen = os.environ.get("ASSAY_REPORT_RESULTS")
    if chosen:
        return report_in(Path(chosen))
    results = tmp_path_factory.mktemp("results")
    subprocess.run([str(SAMPLE), str(results)], check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    return report_in(results)


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    opened = Browser(tmp_path_factory.mktemp("profile"))
    yield opened
    opened.driver.quit()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_charts_are_drawn_and_the_console_is_silent(browser: Browser, page: Path, dark: bool) -> None:
    browser.open(page, dark=dark)
    browser.wait_for_charts()
    charts = browser.driver.find_elements(By.CSS_SELECTOR, "figure.chart")
    painted = browser.script(PAINTED)
    assert len(painted) == len(charts) > 0
    assert min(painted) > 300
    assert browser.complaints() == []



def test_a_grid_has_a_cell_for_each_variant_row_and_column(browser: Browser, page: Path) -> None:
    if "ASSAY_REPORT_RESULTS" in os.environ:
        pytest.skip("only the sample is known to have a grid")
    browser.open(page)
    cells = browser.driver.find_elements(By.CSS_SELECTOR, ".grid tbody td")
    states = [str(cell.get_attribute("class")).split()[0] for cell in cells]
    assert len(states) == 3 * 2 * 2
    assert states[-4:] == ["not-run"] * 4
    assert {"other", "not-run"} <= set(states), states
    assert all(cell.get_attribute("title") for cell in cells)

def test_nothing_is_asked_of_a_network(browser: Browser, page: Path) -> None:
    browser.driver.get_log("performance")
    browser.open(page)
    browser.wait_for_charts()
    sent = [json.loads(entry["message"])["message"] for entry in browser.driver.get_log("performance")]
    urls = [one["params"]["request"]["url"] for one in sent if one["method"] == "Network.requestWillBeSent"]
    assert [url for url in urls if not url.startswith(("file:", "blob:", "data:"))] == []
    text = page.read_text(encoding="utf-8")
    assert "default-src 'none'" in text


def test_what_guests_and_files_send_stays_text(browser: Browser, page: Path) -> None:
    """The sample run has scripts in its title, a claim, a quote, a finding, an event and a reason."""
    text = page.read_text(encoding="utf-8")
    if "owned" not in text:
        pytest.skip("not the sample run")
    browser.open(page)
    browser.wait_for_charts()
    assert "owned" not in browser.driver.title.replace("document.title='owned'", "")
    assert browser.script("return document.scripts.length") == 2
    assert browser.script("return document.images.length") == 0
    console = browser.driver.find_element(By.CSS_SELECTOR, "#findings pre").text
    assert "</script><script>document.title='owned'</script>" in console
    assert "\x1b" not in text
    # A second line of defence: no script runs but the page's own.
    browser.script("const s = document.createElement('script'); s.textContent = 'document.title = \"owned\"';"
                   "document.body.append(s)")  # fmt: skip
    assert browser.driver.title != "owned"
    assert any("Content Security Policy" in message for message in browser.complaints())


@pytest.mark.parametrize("width", [400, 320, 1200])
def test_no_page_scrolls_sideways(browser: Browser, page: Path, width: int) -> None:
    browser.open(page, width=width)
    browser.wait_for_charts()
    browser.script("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert browser.script("return document.documentElement.scrollWidth") <= width
    assert browser.script(TOO_WIDE) == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_text_has_contrast(browser: Browser, page: Path, dark: bool) -> None:
    browser.open(page, dark=dark)
    too_faint = {name: ratio for name, ratio in browser.script(CONTRAST).items() if ratio < 4.5}
    assert too_faint == {}


def test_everything_is_reached_by_keyboard(browser: Browser, page: Path) -> None:
    browser.open(page)
    browser.wait_for_charts()
    wanted = browser.script(
        "return [...document.querySelectorAll('a, summary, select, input, .plot, pre')]"
        ".filter((one) => one.checkVisibility())"
    )
    reached = set()
    for _ in range(2 * len(wanted)):  # boxes that scroll take part, too
        browser.press(Keys.TAB)
        focused = browser.driver.switch_to.active_element
        if focused.tag_name == "body":
            break
        reached.add(focused.id)
        outline = focused.value_of_css_property("outline-style")
        assert outline != "none", f"no focus to be seen on {focused.tag_name} {focused.get_attribute('class')}"
    assert {one.id for one in wanted} <= reached


def test_arrow_keys_go_through_the_trials_of_a_chart(browser: Browser, page: Path) -> None:
    browser.open(page)
    plot = browser.driver.find_element(By.CSS_SELECTOR, "figure[data-claim] .plot")
    readout = browser.driver.find_element(By.CSS_SELECTOR, "figure[data-claim] .readout")
    said = []
    plot.click()
    browser.point_at(browser.driver.find_element(By.TAG_NAME, "h1"))
    browser.script("arguments[0].focus()", plot)
    for _ in range(3):
        plot.send_keys(Keys.ARROW_RIGHT)
        said.append(readout.text)
    assert len(set(said)) == 3
    assert all("#" in text for text in said), said


def test_one_trial_shows_its_events(browser: Browser, page: Path) -> None:
    browser.open(page)
    browser.wait_for_charts()
    found = browser.driver.find_elements(By.ID, "lines-trial")
    if not found:
        pytest.skip("a run without samples")
    readout = browser.driver.find_element(By.CSS_SELECTOR, "#time-lines .readout")
    together = readout.text
    browser.choose(found[0], 1)
    browser.wait_until(lambda: bool(readout.text != together))
    assert "#1" in readout.text
    rows = browser.driver.find_elements(By.CSS_SELECTOR, "#lines-events tbody tr")
    if "owned" in page.read_text(encoding="utf-8"):
        assert [row.text.split(maxsplit=3)[2] for row in rows] == ["phase", "phase"]
        assert "</script><b>writers end</b>" in rows[1].text
    assert browser.complaints() == []


def test_labels_of_an_axis_differ(browser: Browser, page: Path) -> None:
    """Pages that go from 876108 to 876139: four digits would call them all 876.1k."""
    browser.open(page)
    source = page.read_text(encoding="utf-8").split("const units =", 1)[1].split("function axisLook", 1)[0]
    ticks = f"const units = {source}; return arguments[0].map(tick);"
    assert browser.script(ticks, [876110, 876115, 876120]) == ["876.11k", "876.115k", "876.12k"]
    assert browser.script(ticks, [0, 0.1 + 0.2, 0.5]) == ["0", "0.3", "0.5"]
    assert browser.script(ticks, [1000, 1025, 1050]) == ["1000", "1025", "1050"]
    assert browser.script(ticks, [-2e6, 120000]) == ["-2M", "120k"]


def test_the_limits_of_a_claim_are_on_its_chart(browser: Browser, page: Path) -> None:
    """Whatever the rule: a bound, a comparison with base, never."""
    browser.open(page)
    source = page.read_text(encoding="utf-8").split("function rangeOf(claim)", 1)[1].split("function drawInterval", 1)[0]
    claims = data_of(browser)["claims"]
    drawn = [claim for claim in claims if any(side["values"] for side in claim["sides"])]
    assert drawn
    for claim in drawn:
        low, high = browser.script(f"function rangeOf(claim) {source}; return rangeOf(arguments[0]);", claim)
        limits = [limit for side in claim["sides"] for _, limit in side["limits"]]
        assert limits
        assert all(low < limit < high for limit in limits), (low, high, limits)


def test_a_variant_has_one_colour_everywhere(browser: Browser, page: Path) -> None:
    browser.open(page)
    variants = data_of(browser)["variants"]
    marks = browser.script(
        "return [...document.querySelectorAll('i.side')].map((one) => [one.nextSibling.textContent.split('/')[0].split(' ')[0],"
        " one.className, getComputedStyle(one).color])"
    )
    assert {name for name, _, _ in marks} <= set(variants) and len(marks) > len(variants)
    for name, classes, _ in marks:
        assert classes == f"side side-{variants.index(name) % 6}", "six of them differ by colour alone"
    sides = [side for claim in data_of(browser)["claims"] for side in claim["sides"]]
    assert all(variants[side["colour"]] == side["name"] for side in sides)
    rows = browser.script(
        "return [...document.querySelectorAll('.evidence table')].map((one) => [...one.tBodies[0].rows].map((row) =>"
        " row.cells[0].textContent))"
    )
    for names in rows:
        assert names == sorted(names, key=variants.index)


def test_many_variants_look_otherwise(browser: Browser, page: Path) -> None:
    """Marks in tables, lines and points: no two of two dozen are alike."""
    browser.open(page)
    marks = browser.script("""
        return Array.from({ length: 24 }, (_, place) => {
            const mark = document.body.appendChild(document.createElement("i"));
            mark.className = `side side-${place % 6} form-${Math.floor(place / 6)}`;
            const { color, borderTopStyle, borderTopLeftRadius, backgroundColor } = getComputedStyle(mark);
            return [color, borderTopStyle, borderTopLeftRadius, backgroundColor].join();
        });""")
    assert len(set(marks)) == 24
    source = page.read_text(encoding="utf-8")
    dashes = source.split("const dashes = ", 1)[1].split(";", 1)[0]
    dash = source.split("function sideDash(index) {", 1)[1].split("}", 1)[0]
    hollow = source.split("function isHollow(side) {", 1)[1].split("}", 1)[0]
    looks = browser.script(
        f"const dashes = {dashes}; const sideDash = (index) => {{ {dash} }}; const isHollow = (side) => {{ {hollow} }};"
        " return Array.from({ length: 24 }, (_, i) => [`${i % 6} ${sideDash(i)}`, `${i % 6} ${i % 4} ${isHollow(i)}`]);"
    )
    assert len({line for line, _ in looks}) == 24 == len({point for _, point in looks})


@pytest.mark.parametrize("width", [400, 1280])
def test_arrows_stay_with_their_sides(browser: Browser, page: Path, width: int) -> None:
    browser.open(page, width=width)
    browser.script("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    broken = browser.script(
        "return [...document.querySelectorAll('.keep')].filter((one) => one.getClientRects().length > 1)"
        ".map((one) => one.textContent)"
    )
    assert broken == []
    if "owned" in page.read_text(encoding="utf-8"):
        kept = browser.script("return [...document.querySelectorAll('.keep')].map((one) => one.textContent)")
        assert "(vmf->vma -> vma->vm_lock);" in kept


def test_no_json_is_to_be_read(browser: Browser, page: Path) -> None:
    browser.open(page)
    browser.script("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    text = browser.script("return [...document.querySelectorAll('dd, td, li, p')].map((one) => one.innerText)")
    assert [one for one in text if '{"' in one or '["' in one] == []


def test_tables_and_charts_have_names(browser: Browser, page: Path) -> None:
    browser.open(page)
    browser.wait_for_charts()
    unnamed = browser.script(
        "return [...document.querySelectorAll('table')].filter((one) => !one.hidden && !one.caption?.textContent)"
        ".concat([...document.querySelectorAll('.plot')].filter((one) => !one.ariaLabel)).length"
    )
    assert unnamed == 0
    without_symbol = browser.script(
        "return [...document.querySelectorAll('.verdict')].filter((one) => !/holds|refuted|inconclusive|not run/"
        ".test(one.textContent) || one.querySelector('.symbol').textContent === '').length"
    )
    assert without_symbol == 0


def test_paper_is_light_and_has_the_plots(browser: Browser, page: Path, tmp_path: Path) -> None:
    """Printed from a dark page: charts are drawn again in the colours of paper, and back afterwards."""
    browser.open(page, dark=True)
    browser.wait_for_charts()
    printed = base64.b64decode(browser.command("Page.printToPDF", printBackground=False)["data"])
    assert printed.startswith(b"%PDF")
    (tmp_path / "page.pdf").write_bytes(printed)
    assert browser.script("return document.documentElement.classList.contains('printing')") is False
    assert min(browser.script(PAINTED)) > 300


def test_without_scripts_all_figures_are_there(page: Path) -> None:
    """What the page says does not depend on its script."""
    shown = subprocess.run(
        [str(PROGRAM), "-q", f"--results={page.parent}", "report", "last", "--format", "json"],
        check=True,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    run = json.loads(shown.stdout)
    body = page.read_text(encoding="utf-8").split("<script", 1)[0]
    for claim in run["claims"]:
        assert f'id="claim-{claim["id"]}"' in body
        assert f"</span> {claim['verdict']}</span>" in body
    for trial in run["trials"]:
        assert str(trial["seed"]) in body
