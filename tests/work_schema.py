"""The documented JSON of the work commands, as the tests of each command hold its output to it."""

from __future__ import annotations

import functools
import json
from typing import Any

from jsonschema import Draft202012Validator

from gradatim.instruments.report.schema import schema


@functools.cache
def validator(command: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads(schema(command)))


def conforms(document: dict[str, Any], command: str) -> dict[str, Any]:
    """The document, held to the schema of `gradatim work COMMAND`; an error's document passes as it is."""
    if "verdict" in document:
        wrong = list(validator(command).iter_errors(document))
        assert not wrong, [(list(e.absolute_path), e.message[:300]) for e in wrong]
    return document
