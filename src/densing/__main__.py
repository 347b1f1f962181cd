"""`python -m densing`."""

from densing.cli import main

main()
