import sys

from quimbi_crm.chaos.cli import main

if __name__ == "__main__":
    sys.exit(main())
