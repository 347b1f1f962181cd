"""`densing completion`: the tab key."""

from typing import Literal, get_args

from densing.cli.options import Flag

Shell = Literal["bash", "zsh", "fish", "powershell"]


def completion(shell: Shell | None = None, *, install: Flag = False) -> None:
    """Print the script that completes commands, options, files and declared names.

    Parameters
    ----------
    shell
        Shell it is for; the one this command was called from without it.
    install
        Put the script where the shell finds it, and name that place.
    """
    from cyclopts.completion import ShellDetectionError

    from densing.cli.app import build
    from densing.models.declaration import DeclarationError

    try:
        if not install:
            print(build().generate_completion(shell=shell))
            return
        place = build().install_completion(shell=shell)
    except ShellDetectionError:
        known = ", ".join(get_args(Shell))
        raise DeclarationError(
            f"which shell is meant cannot be told: name it, one of {known}"
        ) from None
    print(f"written: {place}; open a new shell to use it")
