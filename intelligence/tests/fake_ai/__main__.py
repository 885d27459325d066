"""Serve the fake AI services until Ctrl-C: python -m intelligence.tests.fake_ai --port 9000 --storm 0.3"""

import argparse
import sys
import threading

from intelligence.tests.fake_ai.server import KEY, FakeAI


def main() -> int:
    parser = argparse.ArgumentParser(prog="script/fake-ai", description="AI services to try Quimbi CRM with.")
    parser.add_argument("--port", type=int, default=9000)
    parser.add_argument("--dialect", choices=("documented", "server"), default="documented")
    parser.add_argument("--storm", type=float, default=0.0, metavar="SHARE", help="of the calls that fail, 0 to 1")
    parser.add_argument("--seed", type=int, default=1, help="of the storm")
    given = parser.parse_args()
    if not 0 <= given.storm <= 1:
        parser.error("--storm takes a share from 0 to 1.")
    try:
        fake = FakeAI(port=given.port, dialect=given.dialect, storm=given.storm, seed=given.seed, log=True)
    except (OSError, OverflowError) as error:
        parser.error(f"Port {given.port} cannot be listened at: {error}.")
    sys.stderr.write(f"The Quimbi AI service: {fake.url}\nThe language model: {fake.llm_url}\nTheir key: {KEY}\n")
    with fake:
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            sys.stderr.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
