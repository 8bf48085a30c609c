"""What Docs/scripting.md says runs as it says: every script, in order, in one folder and one scene."""

import contextlib
import io
import os
import re
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import slicer

from ABCImmunoResponse import ABCImmunoResponseLogic
from ABCImmunoResponseLib.errors import MissingDependencyError
from ABCImmunoResponseLib.features.names import FEATURE_NAMES
from ABCImmunoResponseWidgets.report.packages import importable

PAGE = Path(__file__).resolve().parents[2] / "Docs" / "scripting.md"
REPORT, BATCH = "Report and export", "A folder of cases"


def scripts() -> list[tuple[str, str]]:
    """Return the page's Python scripts, each with the heading that it stands under."""
    found, heading = [], ""
    text = PAGE.read_text(encoding="utf-8")
    for title, script in re.findall(r"^## ([^\n]+)$|^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        heading = title or heading
        if script:
            found.append((heading, script))
    return found


class ScriptingTest(unittest.TestCase):
    def setUp(self):
        slicer.mrmlScene.Clear()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.addCleanup(os.chdir, Path.cwd())
        os.chdir(folder.name)
        self.said = {}

    def test_every_script_runs_and_does_what_it_says(self):
        # A plain Slicer lacks what the report needs: then the scripts that write one say so.
        can_report = importable("jinja2", "matplotlib", "PIL")
        for number, (heading, script) in enumerate(scripts(), start=1):
            with self.subTest(script=f"{number}, {heading}"):
                if heading == REPORT and not can_report:
                    with self.assertRaises(MissingDependencyError):
                        self.run_script(heading, script)
                else:
                    ended = self.run_script(heading, script)
                    self.assertEqual(ended, [0 if can_report else 1] if heading == BATCH else [])
        self.check_what_was_said()
        self.check_what_was_done(can_report)

    def test_every_method_of_the_logic_has_a_script(self):
        code = "".join(script for _, script in scripts())
        methods = [name for name in vars(ABCImmunoResponseLogic) if not name.startswith("_")]
        self.assertEqual([name for name in methods if f"logic.{name}(" not in code], ["getParameterNode"])

    def run_script(self, heading: str, script: str) -> list[int]:
        """Run a script in a namespace of its own; return the exit codes with which it asked Slicer to end."""
        output = io.StringIO()
        with (
            mock.patch.object(slicer.util, "exit") as ended,  # it would end the test as well
            mock.patch.object(sys, "argv", ["script.py", "cases"]),
            contextlib.redirect_stdout(output),
        ):
            exec(compile(script, f"{PAGE.name}: {heading}", "exec"), {"__name__": "__main__"})
        self.said[heading] = self.said.get(heading, "") + output.getvalue()
        return [call.args[0] for call in ended.call_args_list]

    def check_what_was_said(self):
        for heading, text in (
            ("A patient to try it on", "ABC simulated case (512, 512, 100)"),
            ("Start a case", "The file does not say: modality, vendor"),
            ("Start a case", "nothing to note"),
            ("Start a case", "P001 created"),
            ("Read", "('T2', 'organ not said yet')"),
            ("Read", "created\nlocked"),
            ("Measure, and propose targets", "T1 1 Chosen as target 1"),
            ("Measure, and propose targets", "sum of diameters"),
            ("Compare both reads", "different-boundary"),
            ("Adjudicate and sign", "L3"),
            ("Score", "research use only; trained on simulated patients"),
            ("Reopen and verify", "P001 is as it was recorded"),
            ("Features without a case", f"{len(FEATURE_NAMES)} features of 3 lesions"),
        ):
            self.assertIn(text, self.said[heading])

    def check_what_was_done(self, can_report: bool):
        case = ABCImmunoResponseLogic().openCase("cases/P001")
        self.assertEqual(case.state, "reported" if can_report else "scored")
        self.assertEqual(case.clinical().ldh, 310)
        actions = [line.action for line in case.audit()]
        self.assertIn("reopen", actions)
        self.assertEqual(case.path.joinpath("result.json").is_file(), True)
        for name in ("P001.html", "P001-features.csv"):
            self.assertEqual(Path(name).is_file(), can_report, name)


if __name__ == "__main__":
    unittest.main()
