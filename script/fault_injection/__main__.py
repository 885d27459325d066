import sys

from script.fault_injection.cli import main

if __name__ == "__main__":
    sys.exit(main())
