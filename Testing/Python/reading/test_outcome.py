"""Clinical values, score and report of a case: what each needs, records and refuses."""

import json
from dataclasses import replace

import numpy as np
import pytest

import sample_case
from ABCImmunoResponseLib.clinical import ClinicalRecord
from ABCImmunoResponseLib.errors import (
    CaseFolderError,
    StateError,
)
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
from sample_case import CLINICAL, FEATURES, SENIOR, refused


class TestOutcome:
    def test_clinical_values_are_kept_and_their_changes_logged(self, sample):
        folder = sample("locked")
        folder.set_clinical(CLINICAL, "clerk")
        folder.set_clinical(replace(CLINICAL, ecog=2), "clerk")
        folder = CaseFolder.open(folder.path)
        assert folder.clinical() == replace(CLINICAL, ecog=2)
        assert folder.audit()[-1].details == {"changed": {"ecog": [1, 2]}}

    def test_only_a_clinical_record_is_taken(self, sample):
        folder = sample("locked")
        refused(folder, CaseFolderError, "ClinicalRecord", lambda: folder.set_clinical({"ecog": 1}, "clerk"))

    def test_all_unknown_is_a_record_too(self, sample):
        folder = sample("locked")
        folder.set_clinical(ClinicalRecord(), "clerk")
        assert CaseFolder.open(folder.path).clinical() == ClinicalRecord()

    def test_features_and_result_are_kept(self, sample):
        folder = sample("scored")
        assert folder.result() == sample_case.result()
        assert (folder.path / "features.csv").read_bytes() == FEATURES
        assert json.loads((folder.path / "result.json").read_bytes()) == sample_case.result()

    @pytest.mark.parametrize(
        ("features", "result", "match"),
        [
            (b"", sample_case.result(), "CSV"),
            ("text", sample_case.result(), "CSV"),
            (b"\xff", sample_case.result(), "column lesion_id"),
            (b"a,b\r\n1,2\r\n", sample_case.result(), "column lesion_id"),
            (b'lesion_id\r\n"' + b"x" * 200_000, sample_case.result(), "column lesion_id"),
            (b"x", sample_case.result(), r"target lesions \(L1, L2\)"),
            (b"lesion_id\r\nL1\r\n", sample_case.result(), "target lesions"),
            (b"lesion_id\r\nL1\r\nL2\r\nL2\r\n", sample_case.result(), "target lesions"),
            (b"case_id,lesion_id\r\nP001,L1\r\nP001\r\n", sample_case.result(), "target lesions"),
            (FEATURES, None, "mapping"),
            (FEATURES, sample_case.result("P002"), "not of case P001"),
            (FEATURES, {**sample_case.result(), "schema": 2}, "schema 1"),
            (FEATURES, {**sample_case.result(), "x": float("nan")}, "finite"),
            (FEATURES, {**sample_case.result(), "x": np.float64(1)}, None),
            (FEATURES, {**sample_case.result(), "x": object()}, "recorded"),
            (FEATURES, {**sample_case.result(), "x": "\ud800"}, "no valid text"),
        ],
    )
    def test_a_result_that_cannot_be_recorded_is_refused(self, sample, features, result, match):
        folder = sample("signed")
        if match is None:
            folder.record_score(features, result, "clerk")
            assert CaseFolder.open(folder.path).result()["x"] == 1
        else:
            refused(folder, CaseFolderError, match, lambda: folder.record_score(features, result, "clerk"))

    @pytest.mark.parametrize("diagnostics", [b"", "text"])
    def test_diagnostics_that_are_no_bytes_or_none_at_all_are_refused(self, sample, diagnostics):
        folder = sample("signed")
        refused(
            folder,
            CaseFolderError,
            "diagnostics must be the bytes",
            lambda: folder.record_score(FEATURES, sample_case.result(), "clerk", diagnostics_csv=diagnostics),
        )

    def test_a_score_and_its_clinical_values_are_one_step(self, sample):
        folder = sample("signed")
        lines = len(folder.audit())
        folder.record_score(FEATURES, sample_case.result(), "clerk", clinical=replace(CLINICAL, ecog=0))
        folder = CaseFolder.open(folder.path)
        assert (folder.state, folder.clinical().ecog, len(folder.audit())) == ("scored", 0, lines + 1)
        assert folder.audit()[-1].details["clinical_changed"]["ecog"] == [None, 0]

    def test_a_score_takes_clinical_values_only_as_a_record(self, sample):
        folder = sample("signed")
        refused(
            folder,
            CaseFolderError,
            "ClinicalRecord",
            lambda: folder.record_score(FEATURES, sample_case.result(), "clerk", clinical={"ecog": 1}),
        )

    @pytest.mark.parametrize("change", ["consensus", "clinical"])
    def test_a_score_of_what_the_case_no_longer_holds_is_refused(self, sample, change):
        folder = sample("signed")
        seen, other = folder.files, CaseFolder.open(folder.path)
        if change == "clinical":
            other.set_clinical(CLINICAL, "clerk")
        else:
            other.reopen("adjudicated", SENIOR, "P2 again")
            other.adjudicate("P2", "B", SENIOR, "the larger one")
            other.sign(SENIOR)
        for made_from in (None, seen):
            with pytest.raises(StateError, match="changed while it was being scored; score it again"):
                folder.record_score(FEATURES, sample_case.result(), "clerk", made_from=made_from)
            folder = CaseFolder.open(folder.path)
            assert folder.state == "signed"
        folder.record_score(FEATURES, sample_case.result(), "clerk")

    @pytest.mark.parametrize("html", [b"", "text", None])
    def test_a_report_is_bytes(self, sample, html):
        folder = sample("scored")
        refused(folder, CaseFolderError, "HTML", lambda: folder.record_report(html, "clerk"))

    def test_the_description_is_json(self, sample, sample_folders):
        for state in sample_folders:
            described = json.loads(json.dumps(sample(state).describe()))
            assert described["state"] == state
        assert [pair["decision"] for pair in described["pairs"]] == ["midway", "midway", "drop"]
        assert described["result"] == sample_case.result()
        assert described["signature"]["person"] == SENIOR
