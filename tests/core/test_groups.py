"""A missing optional package becomes a message with one command."""

import pytest

from gradatim.core import groups
from gradatim.core.errors import MissingGroup


def test_a_package_that_is_there_is_imported() -> None:
    assert groups.load("json.decoder", "work", "This").JSONDecoder


def test_a_missing_package_names_the_command() -> None:
    with pytest.raises(MissingGroup, match="The drift report needs the package no_such_package_here") as e:
        groups.load("no_such_package_here.sub", "work", "The drift report")
    assert e.value.next == "make work"
