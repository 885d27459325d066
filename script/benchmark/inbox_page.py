"""Measures the inbox page: `python -m script.benchmark.inbox_page --size 100k` loads tickets, and asks for page and API list
in turn.

It tells the time of the page as a multiple of the list's (alternating, so that both meet the same machine), the number of
queries, the bytes, and in a real Chromium with a CPU four times slower when the first content is painted and from when
on a key does something. Chromium and Playwright (requirements-dev.txt) are needed for the last; without them it is left out.
"""

import argparse
import http.client
import re
import sys
import time
from pathlib import Path
from typing import Any

from quimbi_crm.runtime import server_urls
from quimbi_crm.runtime.children import adopt_orphans
from quimbi_crm.runtime.supervision import handle_signals
from quimbi_crm.runtime.talk import RefusedError, say
from script.benchmark.chromium import ARGUMENTS, CHROMIUM
from script.benchmark.figures import milliseconds, p50, parse_size, size_name
from script.benchmark.measured_requests import KEYWORDS
from script.benchmark.programs import Bench, Running, bench, start_program

SLOWDOWN = 4
ROUNDS = 10  # page loads in the browser
# First contentful paint, time until keyboard shortcuts work, bytes transferred.
TIMES = """() => ({
  fcp: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? null,
  usable: performance.getEntriesByType("navigation")[0].domContentLoadedEventEnd,
  row: document.activeElement.matches(".row h3 a"),
})"""


def main() -> int:
    """Run the command; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=parse_size, default=100_000, help="open tickets (100k)")
    parser.add_argument("--requests", type=int, default=100, help="requests of each kind (100)")
    parser.add_argument(
        "--var",
        type=Path,
        default=server_urls.ROOT / "var" / "bench",
        help="folder for servers and databases during the run",
    )
    parser.add_argument("--keep", action="store_true", help="keep the loaded database for the next run")
    options = parser.parse_args()
    handle_signals()
    adopt_orphans()
    try:
        with bench(options.var.resolve(), keep=options.keep) as place:
            measure(place, options.size, options.requests)
    except (RefusedError, OSError) as error:
        say(str(error))
        return 1
    return 0


def measure(place: Bench, size: int, requests: int) -> None:
    """Print all measurements of the pages."""
    running, database = start_program(place, size), f"bench_{size_name(size)}"
    word = KEYWORDS["rare"]
    for title, alerts in (("without topic alerts", ""), ("with one", word)):
        facts = place.inside(database, "page", alerts)
        page, listed = alternately(running, facts["session"], alerts, requests)
        tell(
            f"{title}: page {milliseconds(p50(page))} ms, list {milliseconds(p50(listed))} ms, "
            f"{p50(page) / p50(listed):.2f} times; {facts['queries']} queries"
        )
    tell(f"bytes before compression: {weight(running, facts['session'])}")
    in_browser(running, facts["session"])


def tell(text: str) -> None:
    sys.stdout.write(text + "\n")


def alternately(running: Running, session: str, alerts: str, requests: int) -> tuple[list[float], list[float]]:
    """Seconds of each page and of each list, alternating."""
    query = f"?topic_alerts={alerts}" if alerts else ""
    calls = [("/", {"Cookie": f"sessionid={session}"}), (f"/api/tickets{query}", bearer(running))]
    times: tuple[list[float], list[float]] = ([], [])
    connection = http.client.HTTPConnection("localhost", running.port, timeout=30)
    for number in range(requests + 10):
        for (path, headers), kept in zip(calls, times, strict=True):
            start = time.perf_counter()
            status, _ = get(connection, path, headers)
            if status != 200:
                raise RefusedError(f"{path} was answered with {status}.")
            if number >= 10:
                kept.append(time.perf_counter() - start)
    return times


def bearer(running: Running) -> dict[str, str]:
    return {"Authorization": f"Bearer {running.token}"}


def get(connection: http.client.HTTPConnection, path: str, headers: dict[str, str]) -> tuple[int, bytes]:
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    return answer.status, answer.read()


def weight(running: Running, session: str) -> str:
    """Size of the page, its styles and its scripts."""
    connection = http.client.HTTPConnection("localhost", running.port, timeout=30)
    _, body = get(connection, "/", {"Cookie": f"sessionid={session}"})
    found = {"html": len(body), "css": 0, "js": 0}
    for path, kind in re.findall(r'(?:src|href)="(/static/[^"#]+\.(css|js))"', body.decode()):
        found[kind] += len(get(connection, path, {})[1])
    return ", ".join(f"{kind} {size:,}" for kind, size in found.items()) + f", together {sum(found.values()):,}"


def in_browser(running: Running, session: str) -> None:
    """First paint and first key at a quarter of the CPU speed, with an empty and with a filled cache."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return say("Playwright is missing (requirements-dev.txt): no figures of the browser.")
    if CHROMIUM is None:
        return say("Chromium is missing: no figures of the browser.")
    address = f"http://localhost:{running.port}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for title, fresh in (("nothing cached", True), ("styles and scripts cached", False)):
            times = [one for _ in range(ROUNDS) for one in visits(browser, address, session, fresh)]
            painted, usable = p50([one["fcp"] for one in times]), p50([one["usable"] for one in times])
            tell(f"{SLOWDOWN} times slower, {title}: first paint {painted:.0f} ms, keys act from {usable:.0f} ms")
        browser.close()


def visits(browser: Any, address: str, session: str, fresh: bool) -> list[dict[str, float]]:
    """One visit with an empty cache, or the second of two."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.add_cookies([{"name": "sessionid", "value": session, "url": address}])
    page = context.new_page()
    slow = context.new_cdp_session(page)
    slow.send("Emulation.setCPUThrottlingRate", {"rate": SLOWDOWN})
    for _ in range(1 if fresh else 2):
        page.goto(address, wait_until="load")
    page.keyboard.press("j")
    times: dict[str, Any] = page.evaluate(TIMES)
    for _ in range(50):  # the browser handles key presses late on a slow CPU
        if times["row"] and times["fcp"] is not None:
            break
        page.wait_for_timeout(100)
        times = page.evaluate(TIMES)
    context.close()
    if not times["row"] or times["fcp"] is None:
        raise RefusedError("The key J did nothing.")
    return [times]


if __name__ == "__main__":
    sys.exit(main())
