"""A draft is made exactly once when the worker gets SIGKILL between a customer's message and its draft."""

import signal

import psycopg

from agents.tests.waiting import HANGS, eventually
from quimbi_crm.runtime import server_urls
from quimbi_crm.tests.programs import Program
from quimbi_crm.tests.runtime.test_kill import call, sign_in

MESSAGES = 12
DRAFTS = """
SELECT based_on, count(*), count(*) FILTER (WHERE state = 'current')
  FROM intelligence_draft WHERE based_on = ANY(%s::uuid[]) GROUP BY 1
"""


def test_draft_is_made_exactly_once_when_worker_is_killed(demo_program: Program) -> None:
    program = demo_program
    first = program.serve(real=True)
    token = sign_in(program)
    tickets = [
        ticket["id"] for ticket in call(program, "GET", f"/api/tickets?limit={MESSAGES}", token=token)[1]["tickets"]
    ]
    ids = []
    for ticket in tickets:
        body = {"content": "Please tell me where my parcel is.", "from_agent": False}
        status, message = call(program, "POST", f"/api/tickets/{ticket}/messages", body, token)
        assert status == 201, message
        ids.append(message["id"])
    program.find("procrastinate").send_signal(signal.SIGKILL)
    first.wait(HANGS)
    eventually(program.gone)
    second = program.serve(real=True)
    with psycopg.connect(server_urls.database_url(program.var), autocommit=True) as connection:

        def drafts() -> list[tuple[int, int]]:
            return [(made, current) for _, made, current in connection.execute(DRAFTS, [ids]).fetchall()]

        # A job that the killed worker had begun is put back by the sweep of the next minute.
        eventually(lambda: len(drafts()) == MESSAGES)
        assert drafts() == [(1, 1)] * MESSAGES
    second.terminate()
    second.wait(HANGS)
    eventually(program.gone)
