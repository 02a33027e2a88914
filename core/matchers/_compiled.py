"""Functions compiled to machine code on their first call in a process, and kept beside their file after it.

A compilation takes seconds once per installation; later processes read what it left. Where neither the
package's folder nor the user's cache can be written, every process compiles for itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """Compile a function of numbers and arrays; it holds no lock on the interpreter, so threads run it at once."""
    import numba

    try:
        return cast("F", numba.njit(cache=True, nogil=True)(function))
    except RuntimeError:  # no place for the cache
        return cast("F", numba.njit(nogil=True)(function))
