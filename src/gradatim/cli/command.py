"""Our click command and group: lazy, with examples in the help, and all option errors reported at once."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import Any

import click
from click.exceptions import NoArgsIsHelpError

from gradatim.core.errors import GradatimError, InputError, UnknownName


class Command(click.Command):
    """A command with examples at the end of its help, which reports every bad option, not only the first.

    Where an option is unknown or lacks its value, the other options are still told, the arguments are not: which
    words belong to that option cannot be known.

    Args:
        examples: whole command lines, as a person would type them.
    """

    def __init__(self, *args: Any, examples: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.examples = list(examples)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        write_examples(self.examples, formatter)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, list(args))
        except NoArgsIsHelpError:
            raise
        except click.UsageError as first:
            raise _all_problems(self, ctx, args) or explain(first) from None


class LazyGroup(click.Group):
    """A group whose commands are imported when they are named.

    Args:
        commands_at: command name to "module:attribute".
        examples: whole command lines, as a person would type them.
    """

    command_class = Command

    def __init__(
        self, *args: Any, commands_at: Mapping[str, str], examples: Sequence[str] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.commands_at = dict(commands_at)
        self.examples = list(examples)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args and self.no_args_is_help:
            click.echo(ctx.get_help())
            ctx.exit()
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands_at)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.commands_at:
            return None
        module, attribute = self.commands_at[cmd_name].split(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.commands_at and not args[0].startswith("-"):
            raise UnknownName("command", args[0], self.commands_at, next=f"{ctx.command_path} --help")
        return super().resolve_command(ctx, args)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        write_examples(self.examples, formatter)


def write_examples(examples: Sequence[str], formatter: click.HelpFormatter) -> None:
    """The examples as their own section of the help, each on a line that can be copied whole."""
    if examples:
        formatter.write_paragraph()
        formatter.write("Examples:\n")
        for example in examples:
            formatter.write(f"  {example}\n")


def explain(error: click.ClickException) -> GradatimError:
    """A refusal of click's as one of ours: what, and the command that shows what is possible."""
    ctx = getattr(error, "ctx", None)
    command = ctx.command_path if ctx else "gradatim"
    return InputError(f"`{command}` cannot be run like that", [_sentence(error)], next=f"{command} --help")


def _all_problems(command: click.Command, ctx: click.Context, args: list[str]) -> InputError | None:
    """Process every parameter again, each alone, and collect what is wrong with each."""
    options, rest, unread = readable(command, ctx, args)
    problems = list(unread.values())
    for parameter in command.get_params(ctx):
        if unread and (isinstance(parameter, click.Argument) or not unread.keys().isdisjoint(parameter.opts)):
            continue
        try:
            parameter.handle_parse_result(ctx, options, [])
        except click.UsageError as error:
            problems.append(_sentence(error))
    if rest and not unread and not ctx.allow_extra_args:
        many = "s" if len(rest) > 1 else ""
        problems.append(f"Got unexpected extra argument{many} ({' '.join(map(str, rest))})")
    if not problems:
        return None
    return InputError(
        f"`{ctx.command_path}` cannot be run like that", problems, next=f"{ctx.command_path} --help"
    )


def readable(
    command: click.Command, ctx: click.Context, args: Sequence[str]
) -> tuple[dict[str, Any], list[str], dict[str, str]]:
    """What can be read of a call: raw values by parameter, words left over, and by option what stopped the reading.

    An option that is unknown or lacks its value is told once and its word left out, until the rest can be read.
    """
    words, unread = list(args), dict[str, str]()
    while True:
        try:
            options, rest, _ = command.make_parser(ctx).parse_args(args=list(words))
            return dict(options), list(rest), unread
        except (click.NoSuchOption, click.BadOptionUsage) as error:
            unread[error.option_name] = _sentence(error)
            kept = [word for word in words if not _names(word, error.option_name)]
            if len(kept) == len(words):
                raise
            words = kept


def _names(word: str, option: str) -> bool:
    """Whether a word of the call is this option: alone, with =VALUE, or, if it is short, among other letters."""
    if option.startswith("--"):
        return word.partition("=")[0] == option
    return word.startswith("-") and not word.startswith("--") and option[1:] in word[1:]


def _sentence(error: click.ClickException) -> str:
    text = " ".join(error.format_message().split())
    return text.removesuffix(".").replace("Invalid value for ", "")
