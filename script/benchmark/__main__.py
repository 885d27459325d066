import sys

from script.benchmark.cli import main

if __name__ == "__main__":
    sys.exit(main())
