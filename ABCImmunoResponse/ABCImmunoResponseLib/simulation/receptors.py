"""ER, PR and HER2 of every patient of a cell, such that the receptors and the subtypes meet Table 1 at once."""

from collections.abc import Iterator

from ABCImmunoResponseLib.errors import ABCImmunoResponseError
from ABCImmunoResponseLib.simulation.table1 import cell_counts

Triple = tuple[str, str, str]


def _status(er: int, pr: int, her2: int) -> Triple:
    words = ("negative", "positive")
    return words[er], words[pr], words[her2]


def assignments(er: int, pr: int, her2: int, hormone_positive: int, patients: int) -> Iterator[dict[Triple, int]]:
    """Yield every way to spread the receptors that meets all margins.

    Parameters
    ----------
    er, pr, her2
        How many are positive.
    hormone_positive
        How many are HR+/HER2-: HER2 negative with ER or PR positive. Every HER2 positive counts as HER2+.
    patients
        How many there are in all; the rest is triple negative.

    Yields
    ------
    dict
        (er, pr, her2) status to number of patients; the numbers sum to ``patients``.
    """
    for both in range(her2 + 1):
        for er_only in range(her2 - both + 1):
            for pr_only in range(her2 - both - er_only + 1):
                er_left, pr_left = er - both - er_only, pr - both - pr_only
                overlap = er_left + pr_left - hormone_positive
                if min(er_left, pr_left) < 0 or not 0 <= overlap <= min(er_left, pr_left):
                    continue
                yield {
                    _status(1, 1, 1): both,
                    _status(1, 0, 1): er_only,
                    _status(0, 1, 1): pr_only,
                    _status(0, 0, 1): her2 - both - er_only - pr_only,
                    _status(1, 1, 0): overlap,
                    _status(1, 0, 0): er_left - overlap,
                    _status(0, 1, 0): pr_left - overlap,
                    _status(0, 0, 0): patients - her2 - hormone_positive,
                }


def receptors(cohort: str, response: str) -> list[Triple]:
    """Return one (er, pr, her2) a patient of the cell, unordered, meeting every margin of Table 1.

    Of the joint tables that do, the one with the fewest ER-negative, PR-positive tumours is taken (they are
    rare), then the one in which nearest to half of the HER2-positive tumours are ER-positive.

    Raises
    ------
    ABCImmunoResponseError
        If the margins contradict each other.
    """
    positive = {name: cell_counts(name, cohort, response)["positive"] for name in ("er", "pr", "her2")}
    subtypes = cell_counts("subtype", cohort, response)
    if subtypes["HER2+"] != positive["her2"]:
        raise ABCImmunoResponseError(f"table1.json: HER2 and subtype of {cohort}, {response} contradict each other.")

    def rarity(table: dict[Triple, int]) -> tuple[int, int]:
        odd = sum(n for (er, pr, _), n in table.items() if (er, pr) == ("negative", "positive"))
        her2_er = sum(n for (er, _, her2), n in table.items() if (er, her2) == ("positive", "positive"))
        return odd, abs(2 * her2_er - positive["her2"])

    tables = assignments(**positive, hormone_positive=subtypes["HR+/HER2-"], patients=sum(subtypes.values()))
    best = min(tables, key=rarity, default=None)
    if best is None:
        raise ABCImmunoResponseError(f"table1.json: no joint receptor table of {cohort}, {response} exists.")
    return [status for status, n in best.items() for _ in range(n)]
