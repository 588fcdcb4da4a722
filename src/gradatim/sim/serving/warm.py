"""Compiling the kernel ahead of its first use, and knowing when a compiled one is out of date.

numba's cache notices a change of the file a kernel is written in, but not of the files it inlines from.
So the cache folder has to be named after `sources_digest`: set NUMBA_CACHE_DIR before numba is imported.
"""

from __future__ import annotations

import hashlib
import platform
from pathlib import Path


def sources_digest() -> str:
    """16 hex digits over every source that ends up in a kernel, the Python and the machine type.

    Imports neither numba nor numpy.
    """
    here = Path(__file__).parent
    h = hashlib.blake2b(digest_size=8)
    h.update(f"{platform.python_version()} {platform.machine()} {platform.system()}".encode())
    for file in sorted([*here.glob("*.py"), here.parent / "rng.py", here.parent / "jit.py"]):
        h.update(file.name.encode() + b"\0" + file.read_bytes())
    return h.hexdigest()


def warm_up() -> None:
    """Compile the kernel, or load it from the cache, by simulating a second. 10 to 25 s when cold."""
    import numpy as np

    from gradatim.sim.serving.model import Demand, Setup
    from gradatim.sim.serving.simulator import Simulator

    Simulator(Setup(Demand(rate_per_s=np.ones(1))), 0).run(1.0)
