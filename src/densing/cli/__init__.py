"""The command line: `densing`."""

from densing.cli.app import main

__all__ = ["main"]
