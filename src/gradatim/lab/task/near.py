"""Is a submission near to a solution that ships? Compared by what was added to the starter, names left aside.

Runs of tokens with every name of the author's own choice replaced by a mark (winnowing without the
sampling: Schleimer, Wilkerson and Aiken, SIGMOD 2003). White space, comments, docstrings, the order of functions
and renaming do not hide a copy; rewriting does, and that is said.
"""

from __future__ import annotations

import ast
import builtins
import io
import keyword
import tokenize
from collections.abc import Mapping

RUN = 10
LEAST_ADDED = 60
LEAST_SHARED = 0.85
_WITH_DOCSTRING = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
_SKIP = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}


def nearest(
    files: Mapping[str, str], starter: Mapping[str, str], solutions: Mapping[str, Mapping[str, str]]
) -> str:
    """The name of the solution that most of what was added comes from, or an empty string.

    Args:
        files: what was handed in.
        starter: what it began from.
        solutions: name -> files.
    """
    begun = _runs(starter)
    added = _runs(files) - begun
    if len(added) < LEAST_ADDED:
        return ""  # a mend of a few lines looks the same whoever makes it
    shared = {name: len(added & _runs(other)) / len(added) for name, other in solutions.items()}
    best = max(shared, key=lambda name: shared[name], default="")
    return best if best and shared[best] >= LEAST_SHARED else ""


def _runs(files: Mapping[str, str]) -> set[tuple[str, ...]]:
    found: set[tuple[str, ...]] = set()
    for name, text in files.items():
        if name.endswith(".py"):
            for tokens in _statements(text):
                found |= {tuple(tokens[i : i + RUN]) for i in range(len(tokens) - RUN + 1)}
    return found


def _statements(text: str) -> list[list[str]]:
    """The tokens of each statement of a module, so that their order does not matter."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return []
    for node in ast.walk(tree):
        if isinstance(node, _WITH_DOCSTRING) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    # Written out again from the tree: quotes, brackets and line breaks are then the same for everybody.
    return [_tokens(ast.unparse(statement)) for statement in tree.body]


def _tokens(text: str) -> list[str]:
    known = {*keyword.kwlist, *dir(builtins)}
    made: list[str] = []
    before = ""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in _SKIP:
            continue
        own = token.type == tokenize.NAME and token.string not in known and before != "."
        made.append("_" if own else token.string)
        before = token.string
    return made
