"""`python -m prividium`."""

from prividium.cli import main

main()
