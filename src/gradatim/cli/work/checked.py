"""A work command that says everything that is wrong with a call at once: options, their combinations, the files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Any

import click

from gradatim.cli.command import Command, readable
from gradatim.core.errors import GradatimError, InputError

Options = dict[str, Any]
Check = Callable[[Options], object]


BAD = "?"
"""Under this key, the names of options that are bad alone."""


def given(options: Options, name: str) -> bool:
    """Whether an option was given, well or badly."""
    return options[name] is not None or name in options.get(BAD, ())


def refused(command: str) -> str:
    """How an error of the whole command begins."""
    return f"`{command}` cannot be run like that"


class Checked(Command):
    """A command with `report_options`.

    An option that is bad alone has its default in the checks of the others, so that it hides none of them; `given`
    knows it. A call with an unknown option, or one without its value, is not checked so: which words belong to it
    cannot be known.

    Args:
        checks: of options against each other; cheap, they run at every call and raise a GradatimError.
        files: looks into the files for what the options name; run only where something is wrong already,
            since the command itself finds the same otherwise.
        outputs: options with files that will be written, besides --html.
    """

    def __init__(
        self,
        *args: Any,
        checks: Sequence[Check] = (),
        files: Sequence[Check] = (),
        outputs: Sequence[str] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.checks, self.files, self.outputs = checks, files, ("html", *outputs)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, list(args))
        except InputError as error:
            raw, _, unread = readable(self, ctx, args)
            if not unread:
                self._check(ctx, self._usable(ctx, raw), error)
            raise

    def invoke(self, ctx: click.Context) -> Any:
        """Run it; an error about the input that names no command yet names the help."""
        self._check(ctx, ctx.params)
        try:
            return super().invoke(ctx)
        except GradatimError as error:
            error.next = error.next or f"{ctx.command_path} --help"
            raise

    def _check(self, ctx: click.Context, options: Options, *known: GradatimError) -> None:
        from gradatim.instruments.gather import Gather

        wrong = Gather(refused(ctx.command_path), next=f"{ctx.command_path} --help")
        wrong.failed += known
        for check in self.checks:
            wrong.attempt(partial(check, options))
        misplaced = len(wrong.failed)
        wrong.attempt(lambda: self._refuse_existing(options))
        if misplaced:
            for look in self.files:
                wrong.attempt(partial(look, options))
        wrong.end()

    def _refuse_existing(self, options: Options) -> None:
        from gradatim.cli.work.options import refuse_existing

        given = [options[name] for name in self.outputs if options.get(name) is not None]
        refuse_existing(given, force=bool(options.get("force")))

    def _usable(self, ctx: click.Context, raw: Options) -> Options:
        """Every option's value: its default where it is bad, a file that is not there as its path."""
        # Click marks an option that is not given with an enum's member until the whole call is read.
        found: Options = {
            name: None if isinstance(value, Enum) else value for name, value in ctx.params.items()
        }
        found[BAD] = set()
        for parameter in self.get_params(ctx):
            name = parameter.name or ""
            if name in found:
                continue
            found[BAD].add(name)
            value = raw.get(name)
            if isinstance(parameter.type, click.Path) and isinstance(value, str):
                found[name] = Path(value)
            elif isinstance(parameter.type, click.Path) and isinstance(value, list | tuple):
                found[name] = tuple(Path(str(one)) for one in value)
            else:
                default = parameter.get_default(ctx)
                several = parameter.nargs != 1 or getattr(parameter, "multiple", False)
                found[name] = (() if several else None) if isinstance(default, Enum | None) else default
        return found


def there(*paths: Path | None) -> bool:
    """Whether all of these files can be looked into; a missing one was told already."""
    return all(path is not None and path.is_file() for path in paths)
