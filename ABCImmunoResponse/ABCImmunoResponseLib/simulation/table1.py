"""The study's Table 1 as data: how many patients each clinical group has, by cohort and response."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from ABCImmunoResponseLib.errors import ABCImmunoResponseError
from ABCImmunoResponseLib.files import read_json
from ABCImmunoResponseLib.resources import resource

COHORTS = ("train", "test")
RESPONSES = ("non-response", "response")


@cache
def table1() -> Mapping[str, Any]:
    """Return ``Resources/Simulation/table1.json``; every row sums to the number of patients of its cell.

    Raises
    ------
    ABCImmunoResponseError
        If a row does not: the file was damaged.
    """
    value = read_json(resource("Simulation", "table1.json"), ABCImmunoResponseError)
    for name, row in value["counts"].items():
        for cohort in COHORTS:
            for response in RESPONSES:
                counts = row[cohort][response]
                if len(counts) != len(row["levels"]) or sum(counts) != value["patients"][cohort][response]:
                    raise ABCImmunoResponseError(f"table1.json: {name} of {cohort}, {response} is damaged; reinstall.")
    return value


def cell_size(cohort: str, response: str) -> int:
    """Return the number of patients of this cohort and response."""
    return table1()["patients"][cohort][response]


def cell_counts(variable: str, cohort: str, response: str) -> dict[str, int]:
    """Return the count of every level of ``variable`` among the patients of this cohort and response."""
    row = table1()["counts"][variable]
    return dict(zip(row["levels"], row[cohort][response], strict=True))
