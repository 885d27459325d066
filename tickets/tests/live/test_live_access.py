"""Access to the live-events socket: credentials, origins, closing, and limits."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from structlog.testing import capture_logs

from agents import services as accounts
from agents.models import Agent
from agents.sign_in.authentication import ENDED, NO_KEY, issue_token
from agents.sockets import OVER, SIGN_IN
from agents.tests.browsing import browser
from tickets import services
from tickets.live import consumer
from tickets.live import hub as hubs
from tickets.live.hub import hub
from tickets.models import Customer, Ticket
from tickets.tests.listening import OWN, Listener, cookie_of, cookies, do, listening, run

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("by_hints_alone")]
ELSEWHERE = b"https://evil.example"


@pytest.fixture
def ticket(customer: Customer) -> Ticket:
    data = services.TicketData(subject="Where is it?", channel="email", customer_id=customer.pk)
    return services.create_ticket(None, data)


async def refusal(listener: Listener, **hello: Any) -> dict[str, Any]:
    """Sends the given `hello` and returns the consumer's answer."""
    assert (await listener.connect())["type"] == "websocket.accept"
    await listener.say(type="hello", **hello)
    answer = await listener.hear()
    await listener.go()
    return answer


# --- From where --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("origin", [ELSEWHERE, b"null", b"http://testserver:81", b"https://testserver", b"http://"])
@pytest.mark.parametrize("hosts", [["testserver"], ["*"]])
def test_socket_from_another_origin_is_refused_at_the_handshake(
    origin: bytes, hosts: list[str], senior: Agent, settings: Any
) -> None:
    settings.ALLOWED_HOSTS = hosts
    cookie = cookies(senior)

    async def scene() -> None:
        listener = Listener(origin=origin, cookie=cookie)
        assert (await listener.connect())["type"] == "websocket.close"  # which servers answer with 403
        await listener.go()

    run(scene)


def test_socket_with_unknown_host_is_refused(senior: Agent) -> None:
    async def scene() -> None:
        listener = Listener(origin=b"http://rebound.example")
        listener.line.scope["headers"][0] = (b"host", b"rebound.example")
        assert (await listener.connect())["type"] == "websocket.close"
        await listener.go()

    run(scene)


def test_socket_from_own_origin_is_authenticated_by_session(senior: Agent, ticket: Ticket) -> None:
    cookie = cookies(senior)

    async def scene() -> None:
        async with listening(origin=OWN, cookie=cookie) as one:
            await do(services.add_note, senior, ticket.pk, "Called.")
            assert (await one.hear())["type"] == "note"

    run(scene)


def test_session_authenticates_sockets_only_from_own_origin(senior: Agent, settings: Any) -> None:
    settings.CORS_ALLOWED_ORIGINS = ["https://spa.example"]
    cookie, token = cookies(senior), issue_token(senior)

    async def scene() -> None:
        for headers in ({}, {"origin": b"https://spa.example"}):
            answer = await refusal(Listener(cookie=cookie, **headers))
            assert (answer["type"], answer["code"]) == ("closed", 4401)
        one = Listener(origin=b"https://spa.example")
        await one.enter(None, token=token)
        await one.go()

    run(scene)


# --- By what -----------------------------------------------------------------------------------------------------------
def test_tokens_and_keys_authenticate_by_hello_subprotocol_or_header(senior: Agent, service: Agent) -> None:
    token = issue_token(senior)
    _, secret = accounts.create_key(None, service.pk, name="SPA", scope="read")

    async def scene() -> None:
        for hello in ({"token": token}, {"key": secret}):
            async with listening(hello=hello):
                pass
        for name, value in (("bearer", token), ("key", secret)):
            listener = Listener(protocols=f"quimbi.events {name}.{value}".encode())
            assert (await listener.connect())["subprotocol"] == "quimbi.events"  # the secret is never said back
            await listener.say(type="hello")
            assert (await listener.hear())["type"] == "welcome"
            await listener.go()
        async with listening(x_api_key=secret.encode()), listening(authorization=f"Bearer {token}".encode()):
            pass

    run(scene)


NOBODY: dict[str, tuple[dict[str, Any], str]] = {
    "nothing": ({}, SIGN_IN),
    "no token": ({"token": "no.such.token"}, ENDED),
    "an empty one": ({"token": ""}, ENDED),
    "words": ({"token": "a b c"}, ENDED),
    "a long one": ({"token": "x" * 3000}, ENDED),
    "no key": ({"key": "no such key"}, NO_KEY),
    "a token no header can hold": ({"token": "€€"}, SIGN_IN),
    "a key no header can hold": ({"key": "€€"}, NO_KEY),
    "a token with NUL": ({"token": "a\0b"}, ENDED),
    "a key with NUL": ({"key": "a\0b"}, NO_KEY),
}


@pytest.mark.parametrize("case", NOBODY)
def test_invalid_credentials_close_the_socket_with_a_sentence(case: str, db: None) -> None:
    hello, sentence = NOBODY[case]

    async def scene() -> None:
        answer = await refusal(Listener(origin=OWN), **hello)
        assert answer == {"type": "closed", "code": 4401, "reason": sentence}

    run(scene)


@pytest.mark.parametrize("letters", ["é", "€€", "\0", "a\0b"])
@pytest.mark.parametrize("where", ["authorization", "x_api_key", "cookie", "bearer", "key"])
def test_handshake_with_unusual_characters_is_closed_without_error(where: str, letters: str, db: None) -> None:
    headers = {
        "authorization": f"Bearer {letters}",
        "x_api_key": letters,
        "cookie": f"sessionid={letters}",
        "bearer": "",
        "key": "",
    }
    listener = Listener(origin=OWN, **({where: headers[where].encode()} if headers[where] else {}))
    if not headers[where]:
        listener.line.scope["subprotocols"] = [f"{where}.{letters}"]

    async def scene() -> None:
        answer = await refusal(listener)
        assert answer["code"] == 4401 and answer["reason"] in (SIGN_IN, ENDED, NO_KEY)

    run(scene)


@pytest.mark.parametrize("fault", [OperationalError(), RuntimeError("a fault of ours")])
def test_unexpected_error_is_logged_and_closes_the_socket(
    fault: Exception, senior: Agent, ticket: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any) -> Any:
        raise fault

    unforeseen = isinstance(fault, RuntimeError)

    async def scene() -> None:
        async with listening(senior) as one:
            monkeypatch.setattr(hubs, "_may_see", fail)
            with capture_logs() as logs:
                await one.say(type="viewing", ticket=str(ticket.pk))
                answer = await one.hear()
            expected = {"type": "closed", "code": 1011, "reason": consumer.FAILED}
            assert answer == (expected if unforeseen else {"type": "error", "detail": consumer.AWAY})
            assert ("live_socket_failed" in [line["event"] for line in logs]) is unforeseen
        monkeypatch.setattr(consumer, "enter", fail)
        with capture_logs() as logs:
            answer = await refusal(Listener())
        sentence, code = (consumer.FAILED, 1011) if unforeseen else (consumer.AWAY, 1013)
        assert answer == {"type": "closed", "code": code, "reason": sentence}
        assert [line["event"] for line in logs if line["log_level"] == "error"] == ["live_socket_failed"] * unforeseen

    run(scene)


@pytest.mark.parametrize(
    "text", ["", "null", "[1]", "{", '{"since": -1}', '{"since": true}', '{"type": "viewing"}', '{"token": 5}']
)
def test_first_message_other_than_hello_is_refused(text: str, db: None) -> None:
    async def scene() -> None:
        listener = Listener()
        await listener.connect()
        await listener.say_plainly(text)
        assert (await listener.hear())["code"] == 4400
        await listener.go()

    run(scene)


# --- Shown out ---------------------------------------------------------------------------------------------------------
def _narrow(admin: Agent, agent: Agent) -> Any:
    return accounts.update_agent(admin, agent.pk, {"role": "agent"})


def test_role_change_limits_the_sockets_events_at_once(senior: Agent, admin: Agent, ticket: Ticket) -> None:
    async def scene() -> None:
        async with listening(senior) as one:
            await do(_narrow, admin, senior)
            assert (await one.hear())["type"] == "reset"  # by the hint alone
            await do(services.add_note, admin, ticket.pk, "Not for them.")
            assert await one.settled() == []
            await do(services.update_ticket, admin, ticket.pk, {"assigned_to": senior.pk})
            assert [event["type"] for event in await one.settled()] == ["assigned"]

    run(scene)


ENDINGS: dict[str, Callable[[Agent, Agent], Any]] = {
    "deactivated": lambda admin, agent: accounts.deactivate_agent(admin, agent.pk),
    "signed out everywhere": lambda admin, agent: accounts.sign_out_everywhere(admin, agent.pk),
    "new password": lambda admin, agent: accounts.set_password(admin, agent.pk, "violet harbour seventeen"),
}


@pytest.mark.parametrize("how", ENDINGS)
def test_socket_closes_at_once_when_access_ends(how: str, senior: Agent, admin: Agent) -> None:
    cookie = cookies(senior)

    async def scene() -> None:
        async with listening(senior) as by_token, listening(origin=OWN, cookie=cookie) as by_session:
            await do(ENDINGS[how], admin, senior)
            for one in (by_token, by_session):
                assert await one.hear() == {"type": "closed", "code": 4401, "reason": OVER}

    run(scene)


def test_signing_out_closes_sockets_of_that_session_only(senior: Agent) -> None:
    here, there = browser(senior), browser(senior)

    async def scene() -> None:
        async with (
            listening(origin=OWN, cookie=cookie_of(here)) as ended,
            listening(origin=OWN, cookie=cookie_of(there)) as other,
        ):
            cookie = cookie_of(here)
            await do(here.post, "/accounts/logout/")
            assert (await ended.hear())["code"] == 4401
            assert await other.settled() == []
            assert (await refusal(Listener(origin=OWN, cookie=cookie)))["code"] == 4401

    run(scene)


def test_signing_out_closes_sockets_of_that_token_only(senior: Agent) -> None:
    token = issue_token(senior)

    async def scene() -> None:
        async with listening(hello={"token": token}) as ended, listening(senior) as other:
            headers = {"authorization": f"Bearer {token}"}
            answer = await do(lambda: Client(headers=headers).post("/api/agents/logout", "{}", "application/json"))
            assert answer.status_code == 204
            assert (await ended.hear())["code"] == 4401
            assert await other.settled() == []

    run(scene)


def test_revoking_an_api_key_closes_its_sockets(service: Agent, admin: Agent) -> None:
    key, secret = accounts.create_key(None, service.pk, name="SPA", scope="read")
    _, other_secret = accounts.create_key(None, service.pk, name="other", scope="read")

    async def scene() -> None:
        async with listening(hello={"key": secret}) as ended, listening(hello={"key": other_secret}) as other:
            await do(accounts.revoke_key, admin, service.pk, key.pk)
            assert (await ended.hear())["code"] == 4401
            assert await other.settled() == []

    run(scene)


def test_requiring_a_second_factor_closes_sockets_signed_in_without_it(
    senior: Agent, admin: Agent, lead: Agent
) -> None:
    cookie = cookies(senior)

    async def scene() -> None:
        async with listening(origin=OWN, cookie=cookie) as one, listening(lead) as other:
            await do(accounts.require_second_factor, None, "senior_agent", True)
            assert (await one.hear())["code"] == 4403
            assert await other.settled() == []
            assert (await refusal(Listener(origin=OWN, cookie=cookie)))["code"] == 4403

    run(scene)


def test_socket_is_closed_when_its_api_key_expires(service: Agent) -> None:
    end = timezone.now() + timedelta(hours=1)
    _, secret = accounts.create_key(None, service.pk, name="SPA", scope="read", expires_at=end)

    async def scene() -> None:
        async with listening(hello={"key": secret}) as one:
            (socket,) = hub().sockets
            assert socket.credential is not None and socket.credential.ends_at == end.timestamp()
            socket.credential = type(socket.credential)(
                **{**vars(socket.credential), "ends_at": timezone.now().timestamp() - 1}
            )
            hub().tick()
            assert (await one.hear())["code"] == 4401

    run(scene)


# --- Limits ------------------------------------------------------------------------------------------------------------
def test_silent_socket_is_pinged_and_then_closed(senior: Agent) -> None:
    async def scene() -> None:
        async with listening(senior) as one:
            now = hub().clock()
            hub().clock = lambda: now
            for seconds, expected in ((24, None), (26, "ping"), (40, None)):
                hub().clock = partial(float, now + seconds)
                hub().tick()
                if expected is not None:
                    assert (await one.hear())["type"] == expected
            await one.say(type="pong")
            await one.settled()  # heard at 40
            hub().clock = lambda: now + 99
            hub().tick()
            assert (await one.hear())["type"] == "ping"
            hub().clock = lambda: now + 101
            hub().tick()
            assert (await one.hear())["code"] == 4408

    run(scene)


def test_silent_unauthenticated_socket_is_closed(db: None) -> None:
    async def scene() -> None:
        listener = Listener()
        await listener.connect()
        now = hub().clock()
        hub().clock = lambda: now + 9
        hub().tick()
        assert not next(iter(hub().sockets)).closing
        hub().clock = lambda: now + 11
        hub().tick()
        assert (await listener.hear())["code"] == 4408
        await listener.go()
        assert not hub().sockets

    run(scene)


def test_socket_is_closed_after_too_many_or_too_large_messages(senior: Agent) -> None:
    async def scene() -> None:
        async with listening(senior) as one:
            for _ in range(20):  # the hello was the first
                await one.say(type="pong")
            assert (await one.hear())["code"] == 4429
        async with listening(senior) as one:
            await one.say_plainly("é" * 2049)
            assert (await one.hear())["code"] == 1009

    run(scene)


def test_invalid_message_on_the_socket_is_answered_with_an_error(senior: Agent) -> None:
    async def scene() -> None:
        async with listening(senior) as one:
            for text in ("{", "[]", '{"type": "shout"}', '{"type": ["x"]}', '{"type": "viewing", "ticket": 5}'):
                await one.say_plainly(text)
                assert (await one.hear())["type"] == "error"

    run(scene)


def test_sockets_per_account_and_per_process_are_limited(senior: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hubs, "MOST_OF_A_PERSON", 2)
    monkeypatch.setattr(hubs, "MOST_SOCKETS", 3)
    token = issue_token(senior)

    async def scene() -> None:
        async with listening(senior), listening(senior):
            assert (await refusal(Listener(), token=token))["code"] == 4429
            stranger = Listener()
            await stranger.connect()
            assert (await refusal(Listener(), token=token))["code"] == 1013
            await stranger.go()
        async with listening(senior):  # those who left count no more
            pass

    run(scene)


def test_unauthenticated_sockets_per_address_are_limited(senior: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hubs, "MOST_STRANGERS", 1)
    token = issue_token(senior)

    async def scene() -> None:
        async with listening(senior), listening(senior):  # those who said who they are do not count
            stranger, elsewhere = Listener(), Listener()
            await stranger.connect()
            assert (await refusal(Listener(), token=token))["code"] == 1013
            elsewhere.line.scope["client"] = ("127.0.0.2", 1)
            await elsewhere.enter(senior)
            for one in (stranger, elsewhere):
                await one.go()

    run(scene)


def test_socket_connections_count_towards_the_rate_limit(senior: Agent, settings: Any) -> None:
    settings.AGENT_RATE_PER_MINUTE = 1
    token = issue_token(senior)

    async def scene() -> None:
        answers = [await refusal(Listener(), token=token) for _ in range(3)]  # a minute may end between two of them
        assert 4429 in [answer.get("code") for answer in answers]

    run(scene)


def test_client_that_does_not_read_is_disconnected(senior: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    from tickets.live import socket as sockets

    monkeypatch.setattr(sockets, "OUTBOX", 3)
    slow = sockets.Socket()
    for _ in range(5):
        slow.put(b"{}")
    assert slow.closing and slow.outbox.get_nowait() == sockets.Close(
        1013, "You read too slowly; connect again and catch up."
    )
    assert slow.outbox.empty()
