"""`python -m faults`, with tests/ on the path."""

import sys

from faults.campaign import main

if __name__ == "__main__":
    sys.exit(main())
