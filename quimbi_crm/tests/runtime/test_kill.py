"""SIGKILL during writes loses no acknowledged ticket and leaves no ticket half-written."""

import http.client
import json
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from agents.tests.waiting import HANGS, eventually
from quimbi_crm.runtime import server_urls
from quimbi_crm.tests.programs import Program

CREATIONS = 200
HALF_WRITTEN = """
SELECT count(*) FROM tickets_ticket t
 WHERE t.message_count <> (SELECT count(*) FROM tickets_message m WHERE m.ticket_id = t.id)
    OR (SELECT count(*) FROM tickets_searchtext s WHERE s.ticket_id = t.id) <> t.message_count + 1
    OR (t.subject LIKE 'Kill %' AND (t.message_count <> 1 OR t.rank_at = t.created_at
        OR NOT EXISTS (SELECT 1 FROM agents_auditentry a WHERE a.subject_id = t.id::text AND a.action = 'ticket.created')))
"""


@pytest.fixture(scope="module")
def program(demo_program: Program) -> Program:
    return demo_program


def call(program: Program, method: str, path: str, body: Any = None, token: str = "") -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", program.port, timeout=HANGS)
    try:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def sign_in(program: Program) -> str:
    status, body = call(
        program, "POST", "/api/agents/login", {"email": "lead@quimbi.example", "password": "quimbi-demo"}
    )
    assert status == 200, body
    token: str = body["access_token"]
    return token


def create_until_killed(program: Program, token: str, victims: list[str]) -> list[str]:
    """Send the creations from 20 threads, kill the victims after a third is acknowledged, and return the acknowledged ids."""
    acknowledged: list[str] = []
    third = threading.Event()

    def create(number: int) -> None:
        body = {
            "author_email": f"kill{number % 50}@example.com",
            "subject": f"Kill {number}",
            "channel": "email",
            "initial_message": f"Message {number}",
        }
        try:
            status, answer = call(program, "POST", "/api/tickets", body, token)
        except (OSError, http.client.HTTPException):
            return  # never acknowledged
        if status == 201:
            acknowledged.append(answer["id"])
        if len(acknowledged) >= CREATIONS // 3:
            third.set()

    with ThreadPoolExecutor(20) as pool:
        jobs = [pool.submit(create, number) for number in range(CREATIONS)]
        assert third.wait(HANGS), "too few were acknowledged"
        for victim in victims:
            program.find(victim).send_signal(signal.SIGKILL)
        for job in jobs:
            job.result()
    return acknowledged


@pytest.mark.parametrize(
    "victims",
    [["runtime.gunicorn_worker", "procrastinate"], ["postgres -D"]],
    ids=["web and worker", "the database"],
)
def test_acknowledged_tickets_survive_a_killed_process_without_half_written_data(
    program: Program, victims: list[str]
) -> None:
    first = program.serve(real=True)
    acknowledged = create_until_killed(program, sign_in(program), victims)
    assert first.wait(HANGS) != 0, "the end of any process ends the whole"
    eventually(program.gone)
    assert CREATIONS // 3 <= len(acknowledged) < CREATIONS, "the kill came too early or too late to show anything"
    second = program.serve(real=True)
    with psycopg.connect(server_urls.database_url(program.var)) as connection:
        kept = connection.execute("SELECT count(*) FROM tickets_ticket WHERE id = ANY(%s::uuid[])", [acknowledged])
        assert kept.fetchone() == (len(acknowledged),)
        assert connection.execute(HALF_WRITTEN).fetchone() == (0,)
    assert call(program, "GET", f"/api/tickets/{acknowledged[-1]}", token=sign_in(program))[0] == 200
    second.terminate()
    assert second.wait(HANGS) == 128 + signal.SIGTERM
    eventually(program.gone)
