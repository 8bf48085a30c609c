"""How a case is told on the terminal: what was done, where it stands, its pairs and its result."""

from argparse import Namespace
from collections.abc import Sequence
from typing import Any

from ABCImmunoResponseLib.case import Finding
from ABCImmunoResponseLib.commands.console import one_line, print_findings, print_json, print_table
from ABCImmunoResponseLib.reading.case_folder import CaseFolder


def tell(
    words: Namespace, folder: CaseFolder, done: str, findings: Sequence[Finding] = (), *, viewer: str | None = None
) -> None:
    """Say what was done and found; with --json where the case stands, as ``viewer`` may see it."""
    if words.json:
        print_json(folder.describe(viewer))
        return
    print(f"{words.case}: {done}")
    print_findings(findings)


def print_case(folder: CaseFolder, viewer: str | None) -> None:
    """Print where a case stands, as ``viewer`` may see it."""
    print(f"case {folder.case_id}: {folder.state}")
    for read in folder.reads_for(viewer):
        print(f"\nreader {read.role}: {read.reader}, {'locked' if read.locked else 'reading'}")
        if read.lesions:
            rows = [(lesion, read.measurements[lesion.lesion_id]) for lesion in read.lesions]
            print_table(
                ("lesion", "organ", "kind", "longest mm", "short mm"),
                [(a.lesion_id, a.organ, a.kind, m.longest_diameter_mm, m.short_axis_mm) for a, m in rows],
            )
        print_findings(read.findings)
    print("\nCT")
    print_findings(folder.findings)
    if folder.verdicts():
        print_pairs(folder)
    result = folder.result()
    if result:
        print_result(result)


def print_pairs(folder: CaseFolder) -> None:
    """Print each pair of lesions with its verdict, agreement and decision, and why it was judged so."""
    rows = [
        (pair["pair_id"], pair["a"], pair["b"], pair["cause"], pair["dice"], pair["hd95_mm"], pair["decision"])
        for pair in folder.describe()["pairs"]
    ]
    print("\nagreement")
    print_table(("pair", "A", "B", "verdict", "Dice", "HD95 mm", "decision"), rows)
    for verdict in folder.verdicts():
        print(f"{verdict.pair_id}: {one_line(verdict.reason)}")


def print_result(result: dict[str, Any]) -> None:
    """Print a result's risk groups, scores, applicability and warnings, with the research-use statement."""
    print(result["disclaimer"].upper())
    print_table(
        ("model", "risk group", "score", "cut-off", "P(response)"),
        [
            (name, score["risk_group"] or "withheld", score["score"], score["cutoff"], score["probability"])
            for name, score in result["scores"].items()
        ],
    )
    print(f"applicability: {result['applicability']['verdict']}")
    for reason in result["applicability"]["reasons"]:
        print(f"  {one_line(reason['message'])}")
    for warning in result["warnings"]:
        print(f"warning: {one_line(warning)}")
