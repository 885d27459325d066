"""The live-event client with real sockets that drop: no event is missed or repeated, and reconnects are spaced out."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, WebSocketRoute

from agents import services as accounts
from agents.models import Agent
from agents.tests.browsing import browser as signed_in
from quimbi_crm.tests.browsers import WATCH, becomes, cookies, live_client, settle, until
from quimbi_crm.tests.served import Served, served
from tickets import services
from tickets.live import log
from tickets.models import Event, Ticket
from tickets.services import events
from tickets.tests.factories import make_ticket

pytestmark = pytest.mark.django_db(transaction=True)
WELCOME = '{"type": "welcome", "sequence": 0, "heartbeat": 25}'


class Network:
    """Between page and server: it forwards sockets, refuses them, or drops their messages."""

    def __init__(self, page: Page) -> None:
        self.up, self.tried = True, 0
        page.route_web_socket("**/ws/events", self._opened)

    def _opened(self, socket: WebSocketRoute) -> None:
        self.tried += 1
        if not self.up:
            socket.close()
            return
        server = socket.connect_to_server()
        socket.on_message(lambda text: server.send(text) if self.up else None)
        server.on_message(lambda text: socket.send(text) if self.up else None)


@pytest.fixture(scope="module")
def server(django_db_setup: None, browser: Browser) -> Iterator[Served]:
    with served() as one:
        yield one


@pytest.fixture
def page(browser: Browser, server: Served, senior: Agent) -> Page:
    """A signed-in page with a controllable clock, opened by `live`."""
    context = browser.new_context()
    cookies(context, server, signed_in(senior))
    page = context.new_page()
    page.clock.install()
    return page


@pytest.fixture
def ticket() -> Ticket:
    return make_ticket()


def live(page: Page, server: Served) -> None:
    page.add_init_script(WATCH)  # before the page's own scripts
    page.goto(f"{server.url}/accounts/profile/")


def happen(ticket: Ticket, times: int) -> None:
    """Write this many events of other agents, with the positions that the worker assigns."""
    events.write([events.event(Event.Kind.NOTE, ticket.pk, None, {"note_id": ticket.pk}) for _ in range(times)])
    log.place()


def heard(page: Page) -> list[int]:
    return list(page.evaluate("heard.map(one => one.sequence)"))


def everything_since(position: int) -> list[int]:
    log.place()
    found = Event.objects.filter(position__gt=position).order_by("position")
    return [int(one) for one in found.values_list("position", flat=True) if one is not None]


def test_no_event_is_lost_when_the_server_restarts(page: Page, server: Served, senior: Agent, ticket: Ticket) -> None:
    live(page, server)
    until(page, live_client("live.state === 'live'"))
    start = page.evaluate(live_client("live.sequence"))
    services.add_note(senior, ticket.pk, "Before.")
    until(page, "heard.length === 1")
    server.stop()
    until(page, live_client("live.state === 'offline'"))
    happen(ticket, 20)
    services.post_message(senior, ticket.pk, "On its way.")
    server.start()
    page.clock.fast_forward(60_000)
    until(page, live_client("live.state === 'live' && heard.length === 23"))
    services.add_note(senior, ticket.pk, "After.")
    until(page, "heard.length === 24")
    assert heard(page) == everything_since(start)


@pytest.mark.parametrize("missed", [900, log.MOST + 1])
def test_missed_events_arrive_or_reset_after_minutes_offline(
    page: Page, server: Served, ticket: Ticket, missed: int
) -> None:
    """The connection dies without a close frame, and the page notices by the missing heartbeat."""
    network = Network(page)
    live(page, server)
    until(page, live_client("live.state === 'live'"))
    start = page.evaluate(live_client("live.sequence"))
    happen(ticket, 1)
    until(page, "heard.length === 1")

    network.up = False
    page.context.set_offline(True)
    happen(ticket, missed)
    page.clock.fast_forward(60_000)
    assert page.evaluate(live_client("live.state")) == "live"
    page.clock.fast_forward(10_000)
    until(page, live_client("live.state === 'offline'"))
    page.clock.fast_forward(300_000)
    until(page, live_client("live.state === 'offline'"))
    assert len(heard(page)) == 1

    network.up = True
    page.context.set_offline(False)
    until(page, live_client("live.state === 'live' && heard.length > 1"))
    happen(ticket, 1)
    until(page, f"heard.at(-1).sequence === {log.head()}")
    told, wanted = heard(page), everything_since(start)
    if missed > log.MOST:
        types = page.evaluate("heard.map(one => one.type)")  # both ways may say that everything is to be loaded
        assert types in (["note", "reset", "note"], ["note", "reset", "reset", "note"])
        assert sorted(set(told)) == [wanted[0], wanted[-2], wanted[-1]]
    else:
        assert told == wanted


def test_live_client_returns_from_polling_to_the_socket(page: Page, server: Served, ticket: Ticket) -> None:
    network = Network(page)
    network.up = False
    live(page, server)
    until(page, live_client("live.state === 'polling'"))
    start = page.evaluate(live_client("live.sequence"))
    happen(ticket, 3)
    page.clock.fast_forward(5_000)
    until(page, "heard.length === 3")
    network.up = True
    happen(ticket, 2)
    page.clock.fast_forward(60_000)
    until(page, live_client("live.state === 'live' && heard.length === 5"))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/api/events" in request.url else None)
    happen(ticket, 1)
    until(page, "heard.length === 6")
    page.clock.fast_forward(20_000)
    settle(page)
    assert asked == [] and heard(page) == everything_since(start)


def test_live_connection_ends_and_does_not_reconnect_after_sign_out_everywhere(
    page: Page, server: Served, senior: Agent
) -> None:
    network = Network(page)
    live(page, server)
    until(page, live_client("live.state === 'live'"))
    accounts.sign_out_everywhere(None, senior.pk)
    until(page, live_client("live.state === 'ended'"))
    page.clock.fast_forward(600_000)
    settle(page)
    assert network.tried == 1


# --- What the server says when it closes -------------------------------------------------------------------------------
def closing(page: Page, code: int) -> Callable[[], int]:
    """Close every socket with that code after its hello; return a function that counts the sockets."""
    tried: list[WebSocketRoute] = []

    def opened(socket: WebSocketRoute) -> None:
        tried.append(socket)
        socket.on_message(lambda _: socket.close(code=code, reason="A sentence."))

    page.route_web_socket("**/ws/events", opened)
    return lambda: len(tried)


def tries(page: Page, tried: Callable[[], int], times: int) -> None:
    becomes(lambda: page.evaluate("1") and tried(), times)  # asking the page lets the library hear of sockets


@pytest.mark.parametrize("code", [4400, 4401, 4403])
def test_page_does_not_reconnect_after_a_permanent_close_code(page: Page, server: Served, code: int) -> None:
    tried = closing(page, code)
    live(page, server)
    until(page, live_client("live.state === 'ended'"))
    page.clock.fast_forward(600_000)
    page.evaluate("dispatchEvent(new Event('online'))")
    settle(page)
    assert tried() == 1


def test_page_waits_over_a_minute_before_reconnecting_after_4429(page: Page, server: Served) -> None:
    tried = closing(page, 4429)
    live(page, server)
    tries(page, tried, 1)
    until(page, live_client("live.state === 'offline'"))
    page.clock.pause_at(page.evaluate("Date.now() / 1000") + 50)
    page.evaluate("dispatchEvent(new Event('online'))")  # no reason to come sooner
    settle(page)
    assert tried() == 1
    page.clock.run_for(42_000)
    tries(page, tried, 2)


@pytest.mark.parametrize("code", [1009, 1011, 1012, 1013, 4408])
def test_page_reconnects_within_seconds_after_a_temporary_close_code(page: Page, server: Served, code: int) -> None:
    tried = closing(page, code)
    live(page, server)
    tries(page, tried, 2)  # half a second later


def test_page_reconnects_after_a_minute_without_heartbeat(page: Page, server: Served) -> None:
    sockets: list[WebSocketRoute] = []
    said: list[str | bytes] = []

    def opened(socket: WebSocketRoute) -> None:
        sockets.append(socket)

        def answer(text: str | bytes) -> None:
            said.append(text)
            socket.send(WELCOME)

        socket.on_message(answer)

    page.route_web_socket("**/ws/events", opened)
    live(page, server)
    until(page, live_client("live.state === 'live'"))
    page.clock.fast_forward(40_000)
    sockets[0].send('{"type": "ping"}')
    tries(page, lambda: len(said), 2)
    page.clock.fast_forward(40_000)
    settle(page)
    assert len(sockets) == 1 and page.evaluate(live_client("live.state")) == "live"
    page.clock.fast_forward(30_000)
    tries(page, lambda: len(said), 3)
    assert [str(one).replace(" ", "") for one in said] == [
        '{"type":"hello"}',
        '{"type":"pong"}',
        '{"type":"hello","since":0}',
    ]
