"""Signals that end a command: each is an interrupt, and has its own exit status."""

import _thread
import signal
import sys
import threading
from types import FrameType

ENDING = ("SIGINT", "SIGTERM", "SIGHUP")
"""An interrupt from the keyboard; a polite end (kill, a scheduler); a closing terminal."""
AGAIN = 0.05
"""Seconds after which an interrupt that was lost is raised again."""

_heard: list[int] = []
_received: list[int] = []


def listen() -> None:
    """Make each of them a `KeyboardInterrupt`, whose way out clears parts of files away.

    One that is ignored stays so, as SIGHUP under nohup.
    """
    for name in ENDING:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _interrupt)
            _heard.append(number)
    sys.unraisablehook = _lost


def stop_listening() -> None:
    """Let a command that was ended tell so in peace; a second interrupt ends it at once."""
    while _heard:
        number = _heard.pop()
        signal.signal(number, signal.SIG_DFL if number == signal.SIGINT else signal.SIG_IGN)


def status() -> int:
    """Exit status of a command that was ended: 128 and the signal's number, as shells have it."""
    return 128 + (_received[-1] if _received else signal.SIGINT)


def _interrupt(number: int, frame: FrameType | None) -> None:
    del frame
    _received.append(number)
    raise KeyboardInterrupt


def _lost(unraisable: "sys.UnraisableHookArgs") -> None:
    """Raise an interrupt again that came where Python drops exceptions, as while it frees memory.

    JAX hooks into the collection of garbage: there a command would go on as if nothing had come.
    """
    if not issubclass(unraisable.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(unraisable)
    elif _heard:
        again = threading.Timer(AGAIN, _raise, [_received[-1]])
        again.daemon = True
        again.start()


def _raise(number: int) -> None:
    """Send the main thread a signal, which wakes it."""
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident or 0, number)
    else:
        _thread.interrupt_main(signal.Signals(number))
