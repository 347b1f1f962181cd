"""What JAX must be told before anything is computed."""

import os
from pathlib import Path

import jax


def prepare_jax() -> None:
    """Turn on 64 bit and the compilation cache in the user's cache folder."""
    jax.config.update("jax_enable_x64", True)  # noqa: FBT003
    if jax.config.jax_compilation_cache_dir is None:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        jax.config.update("jax_compilation_cache_dir", str(base / "densing" / "jax"))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.2)
