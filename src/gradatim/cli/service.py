"""How a command reaches the use cases: one `App`, opened when the command needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradatim.cli.kernel import use_cache

if TYPE_CHECKING:
    from gradatim.app import App


def open_app() -> App:
    """The use cases over the home folder, without compiling anything."""
    use_cache()
    from gradatim.app import App

    return App()


def open_world(*, quiet: bool) -> App:
    """As `open_app`, with the simulator compiled first, its progress shown unless `quiet`."""
    from gradatim.cli.start import compile_with_progress

    compile_with_progress(quiet=quiet)
    return open_app()
