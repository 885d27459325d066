"""Run axe-core on a page in a real browser. Violations of WCAG 2.2 A and AA are faults, those of best practices are remarks.

The engine comes from the package axe-playwright-python; only its script is used. The pages' content policy forbids other scripts;
`page.evaluate` bypasses it as the browser's own tools do, so the tested page is the one that agents get.
"""

from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from playwright.sync_api import Page

LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PRACTICES = ["best-practice"]
RUN = """async tags => {
  const found = await axe.run(document, {runOnly: {type: "tag", values: tags}, resultTypes: ["violations"]});
  return found.violations.map(({id, tags, help, nodes}) => ({id, tags, help, nodes: nodes.map(node => ({
    target: node.target.join(" "), html: node.html.slice(0, 160), why: node.failureSummary}))}));
}"""


@dataclass
class Report:
    """`faults` break a WCAG rule, `remarks` a best practice; one line each, with the element and the reason."""

    faults: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


@cache
def engine() -> str:
    return (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")


def examine(page: Page) -> Report:
    """Return axe's findings for the page in its current state, including open menus and dialogs."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(engine())
    report = Report()
    found: list[dict[str, Any]] = page.evaluate(RUN, LEVELS + PRACTICES)
    for rule in found:
        lines = [f"{rule['id']}: {node['target']}: {' '.join(node['why'].split())}" for node in rule["nodes"]]
        (report.faults if set(rule["tags"]) & set(LEVELS) else report.remarks).extend(lines)
    return report
