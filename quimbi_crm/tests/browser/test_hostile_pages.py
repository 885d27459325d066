"""Two hundred attempts to run a script, in every text that customers and agents can enter, in a real browser.

No script may run, the content policy may block nothing (a blocked script was on the page), and no page may lose its layout. A
page
needs one row in `PAGES`.
"""

from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from agents.models import Agent
from agents.tests.browsing import browser as signed_in
from quimbi_crm.tests.browsers import complaints, cookies, dialogs
from tickets import services
from tickets.models import Ticket
from tickets.tests.factories import make_customer, make_order, make_ticket
from tickets.topic_alerts.services import create_alert

pytestmark = pytest.mark.django_db(transaction=True)

RUN = ["alert(1)", "window.__xss=1", "parent.__xss=1", "top['__x'+'ss']=1"]
HANDLERS = [
    "<img src=x onerror={}>",
    "<img/src/onerror={}>",
    "<svg onload={}>",
    "<svg/onload={}//",
    "<body onload={}>",
    "<input autofocus onfocus={}>",
    "<select autofocus onfocus={}>",
    "<textarea autofocus onfocus={}>",
    "<details open ontoggle={}>x",
    "<video src=x onerror={}>",
    "<audio src=x onerror={}>",
    "<video><source onerror={}>",
    "<marquee onstart={}>x</marquee>",
    "<iframe onload={}>",
    "<object data=x onerror={}>",
    "<style onload={}></style>",
    "<link rel=stylesheet href=x onerror={}>",
    "<a href=# onmouseover={} autofocus tabindex=1 onfocus={}>x</a>",
    "<div style=animation-name:breathe onanimationstart={}>",
    "<svg><animate onbegin={} attributeName=x dur=1s>",
    "<svg><set onbegin={} attributename=x>",
    "<math><mtext><img src=x onerror={}>",
    "<image src=x onerror={}>",
    "<p contenteditable onfocus={} autofocus>",
]
TAGS = [
    "<script>{}</script>",
    "<SCRIPT>{}</SCRIPT>",
    "<scr<script>ipt>{}</scr</script>ipt>",
    "<script/x>{}</script >",
    "<script src='data:text/javascript,{}'></script>",
    "<svg><script>{}</script></svg>",
    '<iframe src="javascript:{}"></iframe>',
    '<iframe srcdoc="<script>{}</script>"></iframe>',
    '<object data="javascript:{}"></object>',
    '<embed src="javascript:{}">',
    '<base href="javascript:{}//">',
    '<meta http-equiv=refresh content="0;url=javascript:{}">',
    '<form action="javascript:{}"><button>x</button></form>',
    '<a href="javascript:{}">x</a>',
    '<a href="java\tscript:{}">x</a>',
    '<math href="javascript:{}">x</math>',
    '<svg><use href="data:image/svg+xml,<svg id=x onload={}>#x"/></svg>',
    "<template><script>{}</script></template>",
    '<noscript><p title="</noscript><img src=x onerror={}>">',
]
CLOSERS = [
    "</title><script>{}</script>",
    "</textarea><script>{}</script>",
    "</script><script>{}</script>",
    "</style><script>{}</script>",
    "</select><img src=x onerror={}>",
    "</option></select><svg onload={}>",
    "</svg><img src=x onerror={}>",
    "</template><img src=x onerror={}>",
    "--><img src=x onerror={}><!--",
    "]]><img src=x onerror={}>",
    '"><img src=x onerror={}>',
    "'><img src=x onerror={}>",
    '" autofocus onfocus={} x="',
    "' autofocus onfocus={} x='",
    " autofocus onfocus={} ",
    "`-{}-`",
    "';{};//",
    '";{};//',
    '\\";{};//',
    "</bdi></a></h3></article></li></ol><img src=x onerror={}>",
]
ODD = [
    "{{{{constructor.constructor('{}')()}}}}",
    "${{{}}}",
    "#{{{}}}",
    "{{% include '{}' %}}",
    "{{n}} {{id}} {}",
    "%(name)s %s {}",
    "<%= {} %>",
    "[[{}]]",
    "&lt;img src=x onerror={}&gt;",
    "&#60;img src=x onerror={}&#62;",
    "&amp;lt;script&amp;gt;{}",
    "\\u003cimg src=x onerror={}\\u003e",
    "%3Cimg%20src=x%20onerror={}%3E",
    "＜img src=x onerror={}＞",
    "<\u200bscript>{}</script>",
    "\u202e<script>{}</script>",
    "<im\u00adg src=x onerror={}>",
    "javascript:{}",
    "JaVaScRiPt:{}",
    "java\u2028script:{}",
    "data:text/html,<script>{}</script>",
    "vbscript:{}",
    "[x](javascript:{})",
    "<javascript:{}>",
    'https://example.com/" onmouseover={} x="',
    "http://example.com/<script>{}</script>",
    "jaVasCript:/*-/*`/*\\`/*'/*\"/**/(/* */oNcliCk={} )//</stYle/</titLe/</teXtarEa/</scRipt/--!>\\x3csVg/<sVg/oNloAd={}//>",
    "hx-on:click={} data-hx-get=/x",
    "<div hx-get=/ hx-trigger=load hx-on::load={}>",
    "<p data-command={} data-key=j data-open=keys>",
    "<img srcset='x 1x' onerror={}>",
    "\x0b<img\x0csrc=x\x0conerror={}>",
]


def payloads() -> list[str]:
    """Return at least two hundred distinct payloads."""
    shapes = [*HANDLERS, *TAGS, *CLOSERS, *ODD]
    found = [shape.format(*[RUN[(number + turn) % 4]] * 2) for turn in range(3) for number, shape in enumerate(shapes)]
    return list(dict.fromkeys(found))


PAYLOADS = payloads()
# Its name and its addresses; {tickets} stands for each ticket in turn, {customer} and {agent} for ids.
PAGES = [
    ("inbox", "/"),
    ("inbox, by word", "/?q=%3Cscript%3Ealert(1)%3C/script%3E"),
    ("inbox, by tag", "/?tag=%22%3E%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E"),
    ("snoozed", "/?snoozed=true"),
    ("wrong filters", "/?channel=%3Cscript%3Ealert(1)%3C/script%3E&status=%22onfocus%3Dalert(1)"),
    ("order", "/order"),
    ("ticket", "/tickets/{ticket}"),
    ("history", "/tickets/{ticket}/history"),
    ("properties", "/tickets/{ticket}/properties"),
    ("customer", "/customers/{customer}"),
    ("agents", "/agents"),
    ("account", "/agents/{agent}"),
    ("overview", "/overview"),
    ("profile", "/accounts/profile/"),
]
NEXT = "%22%3E%3Cscript%3Ealert(1)%3C/script%3E%3Cimg%20src=x%20onerror=alert(1)%3E"
# What other roles see of it: their own tickets alone, or more than a lead may do; and strangers what the address says.
ROLES = {
    "agent": [
        ("inbox", "/"),
        ("ticket", "/tickets/{ticket}"),
        ("properties", "/tickets/{ticket}/properties"),
        ("history", "/tickets/{ticket}/history"),
        ("customer", "/customers/{customer}"),
        ("none of theirs", "/agents"),
    ],
    "manager": [
        ("inbox", "/"),
        ("new account", f"/agents/new?email={NEXT}&name={NEXT}"),
        ("agents, by word", f"/agents?q={NEXT}&role={NEXT}&status={NEXT}"),
        ("account", "/agents/{agent}"),
        ("deactivate", "/agents/{agent}/deactivate"),
        ("overview", f"/overview?channel={NEXT}"),
    ],
    "": [
        ("sign-in", f"/accounts/login/?next=/{NEXT}"),
        ("sign-in, by a script", "/accounts/login/?next=javascript:alert(1)"),
        ("sign-in, by way of a page", f"/tickets/{NEXT}?q={NEXT}"),
        ("forgotten", f"/accounts/forgotten/?email={NEXT}"),
        ("an invitation", f"/accounts/invitation/0190a000-0000-7000-8000-000000000000/{NEXT}/"),
        ("nothing", f"/{NEXT}"),
    ],
}
WIDTHS = [320, 390, 1440]
WATCH = """
window.__violations = [];
document.addEventListener("securitypolicyviolation", e => window.__violations.push(`${e.violatedDirective} ${e.blockedURI}`));
"""
SHAPE = """() => {
  const faults = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) faults.push(`sideways: ${root.scrollWidth} of ${root.clientWidth}`);
  const nav = document.querySelector(".rail"), main = document.querySelector("main");
  if (nav && main && getComputedStyle(nav).position === "fixed" && nav.getBoundingClientRect().height > innerHeight / 2) {
    const edge = nav.getBoundingClientRect().right;
    for (const element of main.querySelectorAll("*")) {
      const box = element.getBoundingClientRect();
      const clipped = element.closest(".vh") || getComputedStyle(element).clipPath !== "none";
      if (box.width > 1 && box.height > 1 && !clipped && box.left < edge - 1) {
        faults.push(`under the menu: ${element.outerHTML.slice(0, 80)}`);
        break;
      }
    }
  }
  const theirs = "main :is(script, iframe, object, embed, base, link, meta, style, math, video)";
  for (const element of document.querySelectorAll(theirs))
    faults.push(`an element of theirs: ${element.outerHTML.slice(0, 80)}`);
  for (const element of document.querySelectorAll("*"))
    for (const {name, value} of element.attributes)
      if (/^on|^hx-on/i.test(name) || (/^(href|src|action|formaction)$/i.test(name) && /^\\s*(java|vb)script:/i.test(value)))
        faults.push(`an attribute of theirs: ${name}=${value.slice(0, 60)}`);
  return faults;
}"""


@pytest.fixture
def shop(lead: Agent) -> dict[str, Any]:
    """Put every payload into names, subjects, messages, tags and order numbers, and some into topic alerts."""
    assert len(PAYLOADS) >= 200
    tickets = []
    for number in range(0, len(PAYLOADS), 4):
        mine = PAYLOADS[number : number + 4]
        name = " ".join(mine[:1])[:200]
        customer = make_customer(one_line(name), value=None, churn=0.9)
        for place, one in enumerate(mine, number):
            make_order(customer, number=f"{one_line(one)[:80]} {place}")
        text = "\n\n".join([*mine, "> " + mine[0], *PAYLOADS[-8:]])
        ticket = make_ticket(customer, text, subject=one_line(mine[-1])[:200], days=number / 10, tags=tags(mine))
        tickets.append(ticket)
    Ticket.objects.filter(pk__in=[ticket.pk for ticket in tickets[::2]]).update(assigned_to=lead)
    for ticket in tickets[:3]:
        services.add_note(lead, ticket.pk, "\n".join(PAYLOADS[:60]))
        services.post_message(lead, ticket.pk, "\n".join(PAYLOADS[60:120]))
    for ticket in tickets[-6:-3]:
        services.snooze_ticket(lead, ticket.pk, until=None)
    words = [word for one in PAYLOADS if "," not in (word := one_line(one)[:100].strip()) and len(word) > 2]
    for number, word in enumerate(words[:20]):
        create_alert(lead, word, team=number % 2 == 0)
    lead.name = one_line(PAYLOADS[0])[:100]
    lead.save()
    return {"ticket": [ticket.pk for ticket in tickets], "customer": tickets[0].customer_id, "agent": lead.pk}


def one_line(text: str) -> str:
    return " ".join("".join(char if char.isprintable() or char in "\u202e\u200b" else " " for char in text).split())


def tags(texts: list[str]) -> list[str]:
    return [tag for text in texts if (tag := one_line(text).replace(",", ";")[:50].strip())]


@pytest.fixture
def context(browser: Browser, live_server: Any, lead: Agent) -> BrowserContext:
    return visiting(browser, live_server, lead)


def visiting(browser: Browser, live_server: Any, agent: Agent | None) -> BrowserContext:
    """Return the browser context of an agent, or of an anonymous visitor."""
    one = browser.new_context(base_url=live_server.url, viewport={"width": 1440, "height": 900})
    one.add_init_script(WATCH)
    if agent is not None:
        cookies(one, live_server, signed_in(agent))
    return one


def watched(context: BrowserContext) -> tuple[Page, list[str]]:
    page = context.new_page()
    said = complaints(page)
    dialogs(page, said)
    return page, said


def addresses(address: str, shop: dict[str, Any]) -> list[str]:
    """Return the row's URLs; of tickets a dozen, which have a quarter of the payloads in their names and all in their texts."""
    if "{ticket}" not in address:
        return [address.format(**shop)]
    return [address.format(**{**shop, "ticket": pk}) for pk in shop["ticket"][::5]]


def test_no_script_runs_and_no_layout_breaks_on_any_page(context: BrowserContext, shop: dict[str, Any]) -> None:
    page, said = watched(context)
    assert visited(page, PAGES, shop) == []
    assert said == []


@pytest.mark.parametrize("role", ROLES)
def test_no_script_runs_for_other_roles_and_anonymous_visitors(
    browser: Browser, live_server: Any, make_agent: Any, shop: dict[str, Any], role: str
) -> None:
    mine = shop["ticket"][:6]
    somebody = make_agent(role, name=one_line(PAYLOADS[50])[:100]) if role else None
    if role == "agent":
        Ticket.objects.filter(pk__in=mine).update(assigned_to=somebody)
    context = visiting(browser, live_server, somebody)
    page, said = watched(context)
    faults = visited(page, ROLES[role], {**shop, "ticket": mine})
    context.close()
    assert faults == []
    assert [one for one in said if "404" not in one and "403" not in one] == []


def visited(page: Page, pages: list[tuple[str, str]], shop: dict[str, Any]) -> list[str]:
    """Return the faults of the pages; of the inbox also those of its following pages."""
    faults: list[str] = []
    for name, address in pages:
        for place in addresses(address, shop):
            while place:
                page.set_viewport_size({"width": 1440, "height": 900})
                page.goto(place)
                page.wait_for_load_state("load")
                faults += [f"{name} {place}: {fault}" for fault in examined(page)]
                more = page.locator("#more")
                place = str(more.get_attribute("href")) if name == "inbox" and more.count() else ""
    return faults


def examined(page: Page) -> list[str]:
    faults = [f"blocked: {one}" for one in page.evaluate("window.__violations")]
    if page.evaluate("'__xss' in window"):
        faults.append("a script ran")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        faults += [f"{width}: {fault}" for fault in page.evaluate(SHAPE)]
    return faults


def test_no_script_runs_in_swapped_content(context: BrowserContext, shop: dict[str, Any]) -> None:
    """Content swapped by htmx, by the command palette and by live updates, and in the result of an action."""
    page, said = watched(context)
    page.goto("/")
    page.wait_for_load_state("load")
    for key in ("j", "x", "j", "x"):
        page.keyboard.press(key)
    page.fill("#b-tag", one_line(PAYLOADS[3])[:50])
    page.click(".bulk button[value=tag]:visible")
    page.wait_for_selector("#news >> text=changed")
    page.select_option("#f-channel", "email")
    page.wait_for_url("**channel=email**")
    page.fill("#q", "<script>alert(1)</script>")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=**")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.keyboard.type("<img")
    page.keyboard.press("Escape")
    page.evaluate("document.dispatchEvent(new CustomEvent('quimbi:event', {detail: {type: 'created', ticket: 'x'}}))")
    presence = {"type": "presence", "agents": [{"id": "x", "name": PAYLOADS[0], "state": "viewing"}]}
    with page.expect_response(lambda answer: "x-quimbi-live" in answer.request.headers):
        pass
    page.evaluate(
        "detail => document.dispatchEvent(new CustomEvent('quimbi:event', "
        "{detail: {...detail, ticket: document.querySelector('.pick input')?.value}}))",
        presence,
    )
    assert examined(page) == []
    assert said == []
