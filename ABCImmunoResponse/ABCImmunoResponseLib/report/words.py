"""How the report words values that the records hold as codes."""

from typing import Any

_DECISIONS = {
    "A": "outline of reader A",
    "B": "outline of reader B",
    "staple": "STAPLE of both outlines",
    "intersection": "intersection of both outlines",
    "union": "union of both outlines",
    "midway": "midway between both outlines",
    "edited": "edited outline",
    "drop": "dropped, no lesion",
}


def decision_words(choice: str) -> str:
    """Return what was decided of a pair of lesions."""
    return _DECISIONS.get(choice, choice)


def value_words(value: Any) -> str | None:
    """Return a clinical value as a reader says it; None stays None."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def when(time: str) -> str:
    """Return an ISO 8601 UTC time to the minute: '2024-05-02 10:31 UTC'."""
    return f"{time[:16].replace('T', ' ')} UTC" if time else ""
