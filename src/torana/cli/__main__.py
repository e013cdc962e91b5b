"""`python -m torana.cli`: the command where it is not installed as a script."""

import sys

from torana.cli import main

if __name__ == "__main__":
    sys.exit(main())
