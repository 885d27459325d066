"""`python -m script.fault_injection.writer FACTS LEDGER`: one writer, until SIGTERM.

It notes every request in its ledger before it sends it, and the answer before it goes on. A write with a key is repeated
with the same key until there is an answer or its patience ends; one without is never repeated.
"""

import json
import random
import signal
import sys
import time
from pathlib import Path
from typing import Any

from script.fault_injection.connection import Answer, Client
from script.fault_injection.ledger import Ledger, Write, make_marker
from script.fault_injection.operations import Facts, Operation, Operations

PAUSE = (0.1, 0.5)  # seconds between two writes
AGAIN_AFTER = (0.3, 1.5)  # seconds between two attempts
ATTEMPTS = 25
KEPT = ("id", "ticket_id", "customer_id", "message_id")  # fields of an answer that the ledger keeps
CSRF = "c" * 32


class Writer:
    def __init__(self, facts: dict[str, Any], ledger: Ledger) -> None:
        known = Facts(facts["writer"], facts["agent"], facts["agents"], facts["shared"])
        self.ledger = ledger
        self.chance = random.Random(f"{facts['seed']} {known.writer}")
        self.operations = Operations(known, self.chance)
        self.client = Client(facts["port"], {"Authorization": f"Bearer {facts['token']}"})
        cookie = f"{facts['session_cookie']}={facts['session']}; {facts['csrf_cookie']}={CSRF}"
        self.browser = Client(facts["port"], {"Cookie": cookie})
        self.writer, self.count, self.stopping = known.writer, 0, False

    def run(self) -> None:
        """Write until stopped; a started write is completed."""
        while not self.stopping:
            self.count += 1
            marker = make_marker(self.writer, self.count)
            self._write(marker, self.operations.draw(marker))
            time.sleep(self.chance.uniform(*PAUSE))

    def _write(self, marker: str, operation: Operation) -> None:
        write = Write(marker, operation.kind, operation.expect)
        for attempt in range(ATTEMPTS if operation.keyed else 1):
            self.ledger.ask(write, attempt, time.time())
            answer = self._send(marker, attempt, operation)
            result = {name: answer.body[name] for name in KEPT if name in answer.body}
            if answer.status == 0 or answer.status >= 400:
                result = {"why": answer.why or str(answer.body.get("detail", ""))[:200]}
            self.ledger.answer(marker, attempt, time.time(), answer.status, result)
            if 0 < answer.status < 500 or self.stopping:
                break
            time.sleep(self.chance.uniform(*AGAIN_AFTER))
        if 200 <= answer.status < 400:
            operation.learn(answer.body)
        elif answer.status == 0 or answer.status >= 500:
            operation.forget()

    def _send(self, marker: str, attempt: int, operation: Operation) -> Answer:
        headers = {"X-Request-ID": f"{marker}.{attempt}"}
        if operation.form:
            body = {**operation.body, "csrfmiddlewaretoken": CSRF}
            answer = self.browser.send(operation.method, operation.path, body, form=True, headers=headers)
            # A redirection to the sign-in page is a refusal.
            return Answer(401, why="signed out") if "/login" in answer.location else answer
        if operation.keyed and operation.method == "POST":
            headers["Idempotency-Key"] = marker
        return self.client.send(operation.method, operation.path, operation.body, headers=headers)


def main() -> None:
    writer = Writer(json.loads(Path(sys.argv[1]).read_text()), Ledger(Path(sys.argv[2])))

    def stop(number: int, frame: Any) -> None:
        writer.stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    writer.run()


if __name__ == "__main__":
    main()
