"""What is read, what is refused, and that text and tree say the same."""

from __future__ import annotations

import pytest

from gradatim.core.errors import InputError
from gradatim.instruments.promql import FUNCTIONS, parse, read_rules, text

from .expressions import ALL, random_expressions


def test_a_tree_written_out_is_the_same_tree() -> None:
    for expression in [*ALL, *random_expressions(1, 200)]:
        tree = parse(expression)
        # NaN differs from itself: there the texts are compared.
        again = parse(text(tree))
        assert again == tree or ("NaN" in expression and text(again) == text(tree)), expression


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("topk(3, x)", "the aggregation topk"),
        ("rate(x[5m:1m])", "subquery"),
        ("x @ 1600", "the @ modifier"),
        ('label_replace(x, "a", "b", "c", "d")', "the function label_replace"),
        ('x{a="1" or b="2"}', "alternatives"),
        ("predict_linear(x[1h], 3600)", "the function predict_linear"),
    ],
)
def test_outside_the_subset_is_named_and_the_subset_listed(expression: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(expression)
    assert any(said in problem for problem in caught.value.problems)
    assert all(name in caught.value.why for name in FUNCTIONS)


def test_everything_outside_the_subset_is_said_at_once() -> None:
    with pytest.raises(InputError) as caught:
        parse("topk(3, x) + deriv(y[5m]) > quantile(0.9, z @ end())")
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize(
    "expression",
    [
        *(
            "",
            "rate(x)",
            "x{",
            "sum(x) by",
            "1 == 2",
            "1 and 2",
            "(" * 5000 + "1" + ")" * 5000,
            "-" * 5000 + "1",
        ),
        *('x{a=~"b(?=c)"}', 'x{a=~"("}', "rate(x[0s])", "\0", "sum(" * 90 + "x"),
    ],
)
def test_what_is_not_promql_is_refused_not_crashed_on(expression: str) -> None:
    with pytest.raises(InputError, match="not PromQL"):
        parse(expression)


def test_a_rule_file_says_all_its_defects() -> None:
    document = {
        "groups": [
            {
                "name": "a",
                "interval": "1x",
                "rules": [{"alert": "A", "expr": "sum("}, {"record": "b-c", "expr": "x"}],
            },
            {
                "name": "a",
                "rules": [{"alert": "B", "record": "c", "expr": "x"}, {"record": "d", "expr": "topk(1, x)"}],
            },
            {"rules": []},
            {
                "name": "e",
                "rules": [{"record": "f", "for": "5m", "expr": "x", "lables": {}}, "text", {"alert": "G"}],
            },
        ]
    }
    with pytest.raises(InputError) as caught:
        read_rules(document, "r.yaml")
    told = "\n".join(caught.value.problems)
    for wanted in (
        "1x",
        "unclosed",
        "not a metric name",
        "second group",
        "exactly one of",
        "topk",
        "with a name",
    ):
        assert wanted in told, wanted
    for wanted in ("no for", "lables", "a rule is a mapping", "no expr"):
        assert wanted in told, wanted


@pytest.mark.parametrize(
    "document", [None, [], {}, {"groups": []}, {"groups": "x"}, {"groups": [{"name": "a"}]}]
)
def test_a_rule_file_without_rules_is_not_a_pass(document: object) -> None:
    with pytest.raises(InputError):
        read_rules(document, "r.yaml")
