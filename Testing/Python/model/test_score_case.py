"""Scoring a real case folder with real features."""

import csv
import json
from dataclasses import replace

import pytest

import sample_case
from ABCImmunoResponseLib.clinical import ClinicalRecord
from ABCImmunoResponseLib.errors import Cancelled, StateError
from ABCImmunoResponseLib.features.engine import engine
from ABCImmunoResponseLib.features.recipe import load_recipe
from ABCImmunoResponseLib.features.table import read_features_csv
from ABCImmunoResponseLib.model.score_case import contradictions, score_case
from ABCImmunoResponseLib.protocol import load_protocol
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
from sample_case import advance, create, snapshot

KNOWN = replace(sample_case.CLINICAL, metastatic_sites=3, visceral_metastasis=True)


@pytest.fixture
def folder(tmp_path) -> CaseFolder:
    return advance(create(tmp_path / "case"), "adjudicated")


def test_a_signed_case_is_scored_from_its_consensus(folder, tiny):
    with pytest.raises(StateError, match="scored once its consensus is signed"):
        score_case(folder, tiny, engine(), actor="clerk")
    folder.sign(sample_case.SENIOR)
    folder.set_clinical(KNOWN, "clerk")
    before, steps = snapshot(folder.path), []

    def stop(done, total, what):
        if done == 3:
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        score_case(folder, tiny, engine(), actor="clerk", progress=stop)
    assert snapshot(folder.path) == before

    result = score_case(folder, tiny, engine(), actor="clerk", progress=lambda *step: steps.append(step))
    assert steps[-1][0] == steps[-1][1]
    again = CaseFolder.open(folder.path)
    assert again.state == "scored"
    assert again.result() == json.loads(json.dumps(result))
    lesions = folder.consensus_lesions()
    assert [lesion["lesion_id"] for lesion in result["lesions"]] == [lesion.lesion_id for lesion in lesions]
    assert [lesion["organ"] for lesion in result["lesions"]] == [lesion.organ for lesion in lesions]
    assert result["engine"] == engine().version
    assert not any("measured with" in warning for warning in result["warnings"])
    assert result["scores"]["combined"]["score"] is not None
    with (folder.path / "diagnostics.csv").open(newline="", encoding="utf-8") as stream:
        diagnostics = list(csv.DictReader(stream))
    assert [row["lesion_id"] for row in diagnostics] == [lesion.lesion_id for lesion in lesions]
    assert {row["engine"] for row in diagnostics} == {engine().version}
    table = read_features_csv(folder.path / "features.csv")
    direct = engine().extract(folder.image(), folder.consensus_segments(), load_recipe())
    for row, values in zip(table.ids, table.values, strict=True):
        assert values.tolist() == direct[row.lesion_id].tolist()
    # The lesions of this phantom are nothing like the gaussian table the bundle was trained on.
    assert result["applicability"]["verdict"] == "outside"
    with pytest.raises(StateError, match="reopen it to 'signed'"):
        score_case(again, tiny, engine(), actor="clerk")


def test_a_case_without_target_lesions_is_refused(tmp_path, tiny):
    folder = create(tmp_path / "case")
    for reader, lesions in sample_case.LESIONS.items():
        others = tuple(replace(lesion, kind="non-target") for lesion in lesions)
        folder.save_read(reader, others, sample_case.masks(reader))
        folder.lock_read(reader)
    advance(folder, "signed")
    with pytest.raises(StateError, match="no target lesion"):
        score_case(folder, tiny, engine(), actor="clerk")


def test_without_clinical_values_radiomics_stands(folder, tiny):
    folder.sign(sample_case.SENIOR)
    result = score_case(folder, tiny, engine(), actor="clerk")
    assert result["scores"]["radiomics"]["risk_group"] in ("low", "high")
    assert result["scores"]["combined"]["withheld"].startswith("Clinical and combined score withheld")


def test_clinical_values_are_recorded_with_the_score_or_not_at_all(folder, tiny):
    folder.sign(sample_case.SENIOR)
    lines = len(folder.audit())

    def meddle(done, total, what):
        other = CaseFolder.open(folder.path)
        if other.clinical() is None:
            other.set_clinical(sample_case.CLINICAL, "somebody else")

    with pytest.raises(StateError, match="changed while it was being scored"):
        score_case(folder, tiny, engine(), actor="clerk", clinical=KNOWN, progress=meddle)
    folder = CaseFolder.open(folder.path)
    assert (folder.state, folder.clinical(), len(folder.audit())) == ("signed", sample_case.CLINICAL, lines + 1)
    score_case(folder, tiny, engine(), actor="clerk", clinical=KNOWN)
    folder = CaseFolder.open(folder.path)
    assert (folder.state, folder.clinical(), len(folder.audit())) == ("scored", KNOWN, lines + 2)


@pytest.mark.parametrize(
    ("visceral", "sites", "organs", "n"),
    [
        (True, 2, ("liver", "lung"), 0),
        (None, None, ("liver", "lung"), 0),
        (False, 2, ("liver", "lung"), 1),
        (False, 1, ("liver", "lung"), 2),
        (False, 1, ("node-axillary", "node-mediastinal", "breast"), 0),
        (True, 1, ("bone", "node-axillary"), 1),
    ],
)
def test_clinical_values_that_the_lesions_contradict_are_told(visceral, sites, organs, n):
    record = ClinicalRecord(visceral_metastasis=visceral, metastatic_sites=sites)
    assert len(contradictions(record, [load_protocol().organ(organ) for organ in organs])) == n
