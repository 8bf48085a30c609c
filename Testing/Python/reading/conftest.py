"""Sample cases, one a state, made once and copied for each test."""

import os
import shutil

import pytest

import sample_case
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
from ABCImmunoResponseLib.reading.states import STATES


@pytest.fixture(scope="session", autouse=True)
def power_stays_on():
    """Spare this process the waiting for the disk: no test cuts the power. Those that kill run in another process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda descriptor: None)
        yield


@pytest.fixture(scope="session")
def sample_folders(tmp_path_factory):
    """The path of a sample case in each state, by state; read-only for tests."""
    top = tmp_path_factory.mktemp("sample-cases")
    folder = sample_case.create(top / "work")
    paths = {}
    for state in STATES:
        while folder.state != state:
            sample_case.step(folder)
        paths[state] = top / state
        shutil.copytree(folder.path, paths[state])
    return paths


@pytest.fixture
def sample(sample_folders, tmp_path):
    """A function that returns a fresh sample case in the state it is given."""

    def copy(state: str) -> CaseFolder:
        path = tmp_path / f"case-{state}"
        shutil.copytree(sample_folders[state], path)
        return CaseFolder.open(path)

    return copy
