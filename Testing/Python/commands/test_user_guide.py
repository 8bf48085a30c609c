"""What the user guide says runs as it says."""

import json
import re
import subprocess
import sys

from ABCImmunoResponseLib.clinical import clinical_from_mapping


def _blocks(root, language):
    text = (root / "Docs" / "user-guide.md").read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


def test_the_python_script_takes_a_case_to_its_report(root, patient, tmp_path):
    [script] = _blocks(root, "python")
    (tmp_path / "patient").symlink_to(patient)
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "research use only" in done.stdout
    assert (tmp_path / "P001" / "report.html").stat().st_size > 10_000


def test_the_example_of_clinical_values_is_complete_and_valid(root):
    [example] = _blocks(root, "json")
    record = clinical_from_mapping(json.loads(example))
    assert set(json.loads(example)) == set(record.as_dict())
    assert record.subtype == "TNBC"
