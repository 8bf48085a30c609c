"""Take sample cases through the whole workflow, one after the other, until killed: run by test_kill.py.

``python workflow.py FOLDER`` prints 'ready' once everything is imported, then one line for each step that was
taken: the case's path and its number of audit lines. Where a case was left in the middle it is gone on with.
"""

import sys
from itertools import count
from pathlib import Path

import sample_case
from ABCImmunoResponseLib.reading.case_folder import CaseFolder


def main(top: Path, cases: int | None) -> None:
    print("ready", flush=True)
    for number in count() if cases is None else range(cases):
        path = top / f"case-{number}"
        folder = CaseFolder.open(path) if (path / "case.json").exists() else sample_case.create(path)
        print(path, len(folder.audit()), flush=True)
        while folder.state != "reported":
            sample_case.step(folder)
            print(path, len(folder.audit()), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else None)
