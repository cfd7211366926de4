"""Each rule of the reader has a body that is read otherwise without it."""

# The bodies are what strangers write, untyped and in any style.
# mypy: ignore-errors

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

import pytest

from drf_autoprefetch.reading.methods import clear, knowledge, machine, patterns
from tests.test_method_bodies import CORPUS
from tests.test_method_bodies import notes as all_notes
from tests.test_method_bodies import read as read_body_of
from tests.test_methods import CASES, _child, _declared, read

TABLES = {
    "EXPRESSIONS": machine.EXPRESSIONS,
    "STATEMENTS": machine.STATEMENTS,
    "CALLS": machine.CALLS,
    "ATTRIBUTES": machine.ATTRIBUTES,
    "ELEMENTS": machine.ELEMENTS,
    "FUNCTIONS": knowledge.FUNCTIONS,
    "PATTERNS": patterns.PATTERNS,
}

#: The rule, and the case of test_methods.py or the body of the corpus that goes red without it.
GUARDS = {
    "EXPRESSIONS Constant": "matched_mapping",
    "EXPRESSIONS Name": "column",
    "EXPRESSIONS Attribute": "column",
    "EXPRESSIONS Subscript": "suppressed_errors",
    "EXPRESSIONS IfExp": "walrus",
    "EXPRESSIONS NamedExpr": "walrus",
    "EXPRESSIONS Lambda": "sort_in_place",
    "EXPRESSIONS JoinedStr": "model_text",
    "EXPRESSIONS FormattedValue": "model_text",
    "EXPRESSIONS List": "starred",
    "EXPRESSIONS Tuple": "rebound",
    "EXPRESSIONS Set": "set_methods",
    "EXPRESSIONS Dict": "matched_mapping",
    "EXPRESSIONS Call": "starred",
    "EXPRESSIONS ListComp": "starred",
    "EXPRESSIONS SetComp": "nested_comprehension",
    "EXPRESSIONS GeneratorExp": "property_of_properties",
    "EXPRESSIONS DictComp": "rows_in_a_dict_by_key",
    "EXPRESSIONS Yield": "generator_helper",
    "EXPRESSIONS YieldFrom": "generator_helper",
    "EXPRESSIONS Await": "awaited",
    "EXPRESSIONS BinOp": "alias",
    "EXPRESSIONS BoolOp": "either",
    "EXPRESSIONS UnaryOp": "Shop.margin_percent",
    "EXPRESSIONS Compare": "to_one_tested",
    "STATEMENTS If": "rebound_in_a_branch",
    "STATEMENTS For": "loop_with_else_and_break",
    "STATEMENTS AsyncFor": "asynchronous_loop",
    "STATEMENTS While": "endless_loop",
    "STATEMENTS With": "suppressed_errors",
    "STATEMENTS AsyncWith": "asynchronous_loop",
    "STATEMENTS Try": "reverse_one_to_one",
    "STATEMENTS TryStar": "STATEMENTS TryStar",
    "STATEMENTS Match": "matched",
    "STATEMENTS Expr": "walrus_in_a_comprehension",
    "STATEMENTS Assign": "alias",
    "STATEMENTS AnnAssign": "annotated_name",
    "STATEMENTS AugAssign": "augmented",
    "STATEMENTS Delete": "deleted",
    "STATEMENTS Return": "column",
    "STATEMENTS Raise": "raised",
    "STATEMENTS Break": "jumps_keep_what_was_bound",
    "STATEMENTS Continue": "jumps_keep_what_was_bound",
    "STATEMENTS Assert": "Clinic.checked_in_place",
    "STATEMENTS Global": "stored_in_a_global",
    "STATEMENTS Nonlocal": "nonlocal_name",
    "STATEMENTS Import": "Clinic.checked_in_place",
    "STATEMENTS ImportFrom": "Clinic.checked_in_place",
    "STATEMENTS FunctionDef": "closure",
    "STATEMENTS AsyncFunctionDef": "asynchronous_loop",
    "CALLS Func": "sort_in_place",
    "CALLS Partial": "partial_call",
    "CALLS Getter": "getters",
    "CALLS Known": "column",
    "CALLS Method": "column",
    "ATTRIBUTES Many": "starred",
    "ATTRIBUTES Row": "column",
    "ATTRIBUTES File": "row_of_a_file",
    "ATTRIBUTES Known": "rows_as_keys",
    "ATTRIBUTES Self": "own_methods",
    "ATTRIBUTES Above": "parent_instance",
    "ATTRIBUTES Super": "super_representation",
    "ATTRIBUTES Query": "own_query_in_steps",
    "ATTRIBUTES Method": "attribute_of_a_method",
    "ATTRIBUTES Box": "dict_keys",
    "ATTRIBUTES Serializer": "representation_called",
    "ELEMENTS Box": "starred",
    "ELEMENTS Known": "constant_names",
    "ELEMENTS Row": "iterated_row",
    "ELEMENTS Method": "iterated_method",
    "ELEMENTS Many": "starred",
    "PATTERNS MatchValue": "matched_value",
    "PATTERNS MatchSingleton": "matched_none",
    "PATTERNS MatchOr": "matched_either",
    "PATTERNS MatchAs": "matched_none",
    "PATTERNS MatchStar": "matched_sequence",
    "PATTERNS MatchSequence": "matched_sequence",
    "PATTERNS MatchMapping": "matched_mapping",
    "PATTERNS MatchClass": "matched_by_class",
    "FUNCTIONS to_thread": "in_a_thread",
    "FUNCTIONS sync_to_async": "made_asynchronous",
    "FUNCTIONS async_to_sync": "made_synchronous",
    "FUNCTIONS wait_for": "waited_for",
    "FUNCTIONS shield": "waited_for",
    "FUNCTIONS gather": "gathered",
    "FUNCTIONS aiter": "asynchronous_iterator",
    "FUNCTIONS anext": "asynchronous_iterator",
    "FUNCTIONS len": "sorted_by_a_lambda",
    "FUNCTIONS bool": "counted",
    "FUNCTIONS any": "any_and_all",
    "FUNCTIONS all": "any_and_all",
    "FUNCTIONS callable": "asked_about",
    "FUNCTIONS id": "asked_about",
    "FUNCTIONS isinstance": "what_kind_of_row",
    "FUNCTIONS sum": "added_up",
    "FUNCTIONS min": "extremes",
    "FUNCTIONS max": "Shop.best_title",
    "FUNCTIONS sorted": "sorted_by_a_lambda",
    "FUNCTIONS list": "default_dict",
    "FUNCTIONS reversed": "other_lists",
    "FUNCTIONS iter": "Shop.newest_title",
    "FUNCTIONS tuple": "other_lists",
    "FUNCTIONS enumerate": "zipped_and_enumerated",
    "FUNCTIONS set": "set_methods",
    "FUNCTIONS frozenset": "frozen",
    "FUNCTIONS dict": "dict_of_a_call",
    "FUNCTIONS dict.fromkeys": "rows_as_keys",
    "FUNCTIONS zip": "zipped_and_enumerated",
    "FUNCTIONS map": "mapped_and_filtered",
    "FUNCTIONS filter": "mapped_and_filtered",
    "FUNCTIONS next": "other_lists",
    "FUNCTIONS str": "model_text",
    "FUNCTIONS repr": "shown_in_other_ways",
    "FUNCTIONS format": "Shop.review_text",
    "FUNCTIONS print": "shown_in_other_ways",
    "FUNCTIONS ascii": "shown_in_other_ways",
    "FUNCTIONS hash": "hashed",
    "FUNCTIONS type": "what_kind_of_row",
    "FUNCTIONS vars": "all_variables",
    "FUNCTIONS hasattr": "constant_names",
    "FUNCTIONS getattr": "generator_helper",
    "FUNCTIONS delattr": "deleted_by_name",
    "FUNCTIONS setattr": "stored_by_name",
    "FUNCTIONS reduce": "reduced",
    "FUNCTIONS nlargest": "Market.best_three",
    "FUNCTIONS nsmallest": "ranked_by_heap",
    "FUNCTIONS partial": "partial_call",
    "FUNCTIONS attrgetter": "getters",
    "FUNCTIONS itemgetter": "item_getter",
    "FUNCTIONS chain": "itertools_chain",
    "FUNCTIONS chain.from_iterable": "Shop.order_colors",
    "FUNCTIONS islice": "chosen_by_itertools",
    "FUNCTIONS cycle": "chosen_by_itertools",
    "FUNCTIONS deque": "other_lists",
    "FUNCTIONS takewhile": "chosen_by_itertools",
    "FUNCTIONS dropwhile": "chosen_by_itertools",
    "FUNCTIONS filterfalse": "chosen_by_itertools",
    "FUNCTIONS groupby": "itertools_groupby",
    "FUNCTIONS zip_longest": "tupled_by_itertools",
    "FUNCTIONS product": "tupled_by_itertools",
    "FUNCTIONS combinations": "tupled_by_itertools",
    "FUNCTIONS permutations": "tupled_by_itertools",
    "FUNCTIONS pairwise": "Audit.versions",
    "FUNCTIONS accumulate": "accumulated",
    "FUNCTIONS defaultdict": "default_dict",
    "FUNCTIONS OrderedDict": "ordered_dict",
    "FUNCTIONS Counter": "counter_keys",
}

BODIES: dict[Any, Any] = {case.id: case.values for case in CASES} | {body.name: body for body in CORPUS}


@pytest.fixture(autouse=True)
def forget():
    """Nothing that was read without a rule may be remembered."""
    yield
    clear()


def outcome(name: str) -> object:
    """Return what is read, and said, of one body; an error is an outcome too."""
    clear()
    found = BODIES[name]
    try:
        if isinstance(found, tuple):
            requirement = read(found[0], found[1], child=_child, declared=_declared)
        else:
            requirement = read_body_of(found)
    except Exception as error:
        return repr(error)
    return requirement, {note.message for note in all_notes(requirement)}


def rules() -> Iterator[Any]:
    """Give the table, key and name of each rule but the fallbacks."""
    for title, table in TABLES.items():
        for key in table:
            if key not in (object, ast.AST):
                yield pytest.param(table, key, id=f"{title} {key.__qualname__}")


@pytest.mark.parametrize(("table", "key"), list(rules()))
def test_a_body_goes_red_without_the_rule(table, key, request, monkeypatch):
    name = GUARDS[request.node.callspec.id]
    if name not in BODIES:
        return
    before = outcome(name)

    monkeypatch.delitem(table, key)

    assert outcome(name) != before


def test_every_rule_is_guarded():
    missing = set() if hasattr(ast, "TryStar") else {"STATEMENTS TryStar"}

    assert {rule.id for rule in rules()} == GUARDS.keys() - missing
