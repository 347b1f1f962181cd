"""The command line: `densing`."""

import sys

from densing.cli import signals


def main() -> None:
    """Run the command line and exit, whatever ends it and however early."""
    try:
        signals.listen()
        from densing.cli import app

        app.main()
    except KeyboardInterrupt:  # before a command began: those tell what they have written
        signals.stop_listening()
        print("interrupted: nothing was written", file=sys.stderr)
        sys.exit(signals.status())


__all__ = ["main"]
