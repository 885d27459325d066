"""Pictures of the pages of a running demo shop, light and dark, wide and on a phone, for docs/pages.md.

    script/run python -m script.benchmark.pictures http://localhost:8000 docs/pictures/pages

Takes a minute or two. Needs Chromium and the package playwright, as the tests do. The shop must be the demo: it signs in there,
and makes an account that has no ticket yet.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright
from tqdm import tqdm

from script.benchmark.chromium import ARGUMENTS, CHROMIUM

PASSWORD = "quimbi-demo"  # noqa: S105  the demo shop's
SIZES = {"wide": (1440, 900), "phone": (390, 844)}
NEWCOMER, ITS_PASSWORD = "newcomer", "a-clear-desk"  # an agent without tickets
SETTLED = 1_200  # milliseconds; drafts and live events have arrived by then


def _first(channel: str) -> Callable[[Page, str], None]:
    def go(page: Page, address: str) -> None:
        page.goto(f"{address}/?channel={channel}")
        page.goto(address + str(page.get_attribute(".row h3 a", "href")))

    return go


def _customer(page: Page, address: str) -> None:
    _first("email")(page, address)
    page.goto(address + str(page.get_attribute("#about a[href^='/customers/']", "href")))


def _at(path: str) -> Callable[[Page, str], None]:
    return lambda page, address: void(page.goto(address + path))


def void(_answer: object) -> None:
    """Discard the result of a call."""


# Name of the picture, the account that views the page ("" for visitors), and the steps to the page.
PICTURES: list[tuple[str, str, Callable[[Page, str], None]]] = [
    ("sign-in", "", _at("/accounts/login/")),
    ("inbox", "lead", _at("/")),
    ("inbox-clear", NEWCOMER, _at("/")),
    ("inbox-empty", "lead", _at("/?snoozed=true")),
    ("inbox-nothing", "lead", _at("/?q=zeppelin")),
    ("ticket-email", "lead", _first("email")),
    ("ticket-chat", "lead", _first("chat")),
    ("ticket-degraded", "lead", _first("email")),  # AI services are configured but do not answer
    ("customer", "lead", _customer),
    ("agents", "manager", _at("/agents")),
    ("overview", "lead", _at("/overview")),
    ("profile", "agent", _at("/accounts/profile/")),
    ("error-not-there", "agent", _at("/nothing-here")),
    ("error-not-allowed", "agent", _at("/overview")),
]


def take(browser: Browser, address: str, folder: Path, names: list[str]) -> None:
    """Write NAME-THEME-SIZE.jpg for each page."""
    wanted = [one for one in PICTURES if not names or one[0] in names]
    if any(who == NEWCOMER for _name, who, _go in wanted):
        _make_newcomer(browser, address)
    for theme in ("light", "dark"):
        for size, (width, height) in SIZES.items():
            context = {}
            for name, who, go in tqdm(wanted, desc=f"{theme}, {size}", unit="picture"):
                if who not in context:
                    context[who] = _signed_in(browser, address, who, theme, width, height)
                page = context[who]
                go(page, address)
                page.wait_for_timeout(SETTLED)
                page.screenshot(path=folder / f"{name}-{theme}-{size}.jpg", type="jpeg", quality=72)


def _make_newcomer(browser: Browser, address: str) -> None:
    """Create an account without tickets, once."""
    page = _signed_in(browser, address, "manager", "light", *SIZES["wide"])
    csrf = next(one["value"] for one in page.context.cookies() if one.get("name") == "csrftoken")
    account = {
        "name": "New Colleague",
        "email": f"{NEWCOMER}@quimbi.example",
        "role": "agent",
        "password": ITS_PASSWORD,
    }
    headers = {"X-CSRFToken": csrf, "Referer": address}
    answer = page.request.post(f"{address}/api/agents", data=account, headers=headers)
    if answer.status != 201 and "already exists" not in answer.text():
        raise SystemExit(f"No account could be made for the picture of an inbox without tickets: {answer.text()}")
    page.close()


def _signed_in(browser: Browser, address: str, who: str, theme: str, width: int, height: int) -> Page:
    page = browser.new_page(
        color_scheme="dark" if theme == "dark" else "light", viewport={"width": width, "height": height}
    )
    if who:
        page.goto(f"{address}/accounts/login/")
        page.fill("input[name=username]", f"{who}@quimbi.example")
        page.fill("input[name=password]", ITS_PASSWORD if who == NEWCOMER else PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "/login" not in url)
    return page


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("address", help="URL of the running demo shop, such as http://localhost:8000")
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", metavar="name", help="only these pictures, such as ticket-email")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        take(
            playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS),
            given.address.rstrip("/"),
            given.folder,
            given.names,
        )


if __name__ == "__main__":
    main()
