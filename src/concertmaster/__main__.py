"""`python -m concertmaster` is the `concertmaster` command."""

import sys

from concertmaster.cli import main

if __name__ == "__main__":
    sys.exit(main())
