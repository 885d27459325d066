"""`script/fake-ai`: the service by hand."""

import argparse
import contextlib
import sys

from intelligence.tests.fake_ai.quimbi import DIALECTS, VARIANTS
from intelligence.tests.fake_ai.server import FakeAI


def main() -> int:
    """Serves until it is interrupted."""
    parser = argparse.ArgumentParser(prog="script/fake-ai", description="A service to try the program with.")
    parser.add_argument("--port", type=int, default=9000)
    parser.add_argument("--key", default="demo-key", help="the key that it accepts")
    parser.add_argument("--dialect", choices=DIALECTS, default="server", help="as documented, or as the server answers")
    parser.add_argument("--variant", choices=VARIANTS, default="", help="another shape of the analysis")
    asked = parser.parse_args()
    try:
        fake = FakeAI(asked.port, dialect=asked.dialect, variant=asked.variant, key=asked.key, loud=True)
    except OSError as error:
        sys.stderr.write(f"Port {asked.port} cannot be used: {error.strerror}.\n")
        return 1
    sys.stdout.write(f"Answers at {fake.url} (Ctrl-C ends it). Tell the program where it is:\n")
    sys.stdout.write(f"  QUIMBI_AI_URL={fake.url} QUIMBI_AI_API_KEY={asked.key} script/server\n")
    sys.stdout.flush()
    with contextlib.suppress(KeyboardInterrupt):
        fake.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
