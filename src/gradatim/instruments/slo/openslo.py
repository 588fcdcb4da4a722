"""OpenSLO v1: a file is checked against the schema and against what the words mean, all problems at once."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Any

from gradatim.core.errors import InputError
from gradatim.core.groups import load
from gradatim.instruments.slo.document import Document, Place, read_documents
from gradatim.instruments.slo.resolve import Resolver
from gradatim.instruments.slo.spec import Slo


def read_slos(path: Path) -> list[Slo]:
    """The SLOs of a file, their references resolved within it.

    Raises:
        InputError: not readable, not OpenSLO v1, or not measurable with Prometheus; every problem, with its line.
    """
    documents = [one for document in read_documents(path) for one in _objects(document)]
    problems: list[str] = []
    for document in documents:
        problems += schema_problems(document)
    if problems:
        raise InputError(
            f"{path} is not OpenSLO v1", dict.fromkeys(problems), next="gradatim work slo --help"
        )
    resolver = Resolver(documents, [published_note(document) for document in documents])
    slos = resolver.slos()
    if resolver.problems:
        raise InputError(f"{path} cannot be measured", dict.fromkeys(resolver.problems))
    return slos


def schema_problems(document: Document) -> list[str]:
    """What the schema refuses, one sentence each, with place and line."""
    value = document.value
    if not isinstance(value, dict):
        return ["a document is not a mapping with apiVersion, kind, metadata and spec"]
    found = []
    if value.get("apiVersion") != "openslo/v1":
        at = document.where(("apiVersion",))
        found.append(f"{at}: {value.get('apiVersion')!r}, but only openslo/v1 is read")
    for error in _validator("openslo_v1").iter_errors(value):
        if list(error.absolute_path) != ["apiVersion"]:
            found += _sentences(error, document)
    return found


def published_note(document: Document) -> str:
    """What the schema that the OpenSLO project publishes refuses in a document that is OpenSLO v1; "" if nothing.

    That schema knows less than the specification's text: no `targetPercent`, no raw ratio, no alert policy written
    out. Other tools may check with it, so it is worth a sentence, and no error.
    """
    errors = list(_validator("openslo_published").iter_errors(document.value))
    if not errors:
        return ""
    places = sorted({_published(error, document) for error in errors})
    more = f" and {len(places) - 5} more" if len(places) > 5 else ""
    return (
        "Tools that check with the schema published by OpenSLO refuse what its specification allows here: "
        f"{'; '.join(places[:5])}{more}."
    )


def _published(error: Any, document: Document) -> str:
    place = tuple(error.absolute_path)
    if error.validator == "required":
        missing = [key for key in error.validator_value if key not in error.instance]
        return f"{document.where(place)} without {', '.join(missing)}"
    return document.where(place)


def _validator(name: str) -> Any:
    text = resources.files("gradatim.instruments.slo").joinpath(f"{name}.schema.json").read_text("utf-8")
    return load("jsonschema", "work", "Checking OpenSLO").Draft202012Validator(json.loads(text))


def _objects(document: Document) -> list[Document]:
    """The objects of a document: one, or as many as its list holds."""
    value = document.value
    if not isinstance(value, list) or not value or not all(isinstance(one, dict) for one in value):
        return [document]
    return [
        Document(one, {place[1:]: line for place, line in document.lines.items() if place[:1] == (i,)})
        for i, one in enumerate(value)
    ]


def _sentences(error: Any, document: Document) -> list[str]:
    """A violation in plain words; alternatives are explained by their nearest branch."""
    place: Place = tuple(error.absolute_path)
    at = document.where(place)
    match error.validator:
        case "oneOf" | "anyOf":
            if near := _nearest(error):
                return [sentence for inner in near for sentence in _sentences(inner, document)]
            return [f"{at}: {error.schema.get('$comment', 'fits none of what is possible here')}"]
        case "additionalProperties":
            known = error.schema.get("properties", {})
            extra = [key for key in error.instance if key not in known]
            return [f"{document.where((*place, key))}: not a field of OpenSLO v1 here" for key in extra]
        case "required":
            missing = [key for key in error.validator_value if key not in error.instance]
            return [f"{at}: {key} is missing" for key in missing]
        case "enum":
            return [f"{at}: {error.instance!r} is not one of {', '.join(map(str, error.validator_value))}"]
        case "type":
            return [f"{at}: {_kind(error.instance)} where {_words(error.validator_value)} is needed"]
        case "exclusiveMaximum":
            return [f"{at}: {_too_high(place, error.instance)}"]
        case "pattern":
            return [f"{at}: {error.instance!r} is not {_shape(error.validator_value)}"]
    return [f"{at}: {error.message[:200]}"]


def _nearest(error: Any) -> list[Any]:
    """The errors of the branch that was meant: the one whose own keys are there. Empty if none stands out."""
    branches: dict[int, list[Any]] = {}
    for inner in error.context or ():
        branches.setdefault(inner.relative_schema_path[0], []).append(inner)
    if not isinstance(error.instance, dict) or error.validator != "anyOf":
        return []
    for index, option in enumerate(error.validator_value):
        keys = set(option.get("required", ()))
        if keys and keys & set(error.instance) and index in branches and "properties" in option:
            return branches[index]
    return []


def _too_high(place: Place, value: Any) -> str:
    percent = place[-1] == "targetPercent"
    if value == (100 if percent else 1):
        return (
            "an objective of 100 % has no error budget: the burn rate divides by zero and one failed event in "
            f"the period breaks it; choose one that users would notice, for instance {'99.9' if percent else '0.999'}"
        )
    if not percent and 1 < value < 100:
        return f"target is a share below 1; did you mean targetPercent: {value:g}?"
    return f"{value:g} is too high: {'targetPercent is below 100' if percent else 'target is below 1'}"


def _kind(value: Any) -> str:
    names = {dict: "a mapping", list: "a list", str: "text", bool: "true or false", type(None): "nothing"}
    found = names.get(type(value), "a number")
    return f"{found} ({value!r})" if isinstance(value, str | int | float) else found


def _words(kinds: Any) -> str:
    names = {"object": "a mapping", "array": "a list", "string": "text", "number": "a number"}
    names["boolean"] = "true or false"
    listed = kinds if isinstance(kinds, list) else [kinds]
    return " or ".join(names.get(str(kind), str(kind)) for kind in listed)


def _shape(pattern: str) -> str:
    if pattern.endswith("[mhdwMQY]$"):
        return "a duration of OpenSLO: a number and one of m h d w M Q Y, for instance 30d"
    if pattern.startswith("^[0-9]{4}"):
        return "a date and time such as 2024-01-01 00:00:00"
    return "a name: letters, digits, - . | / and \\, a letter or digit at both ends"
