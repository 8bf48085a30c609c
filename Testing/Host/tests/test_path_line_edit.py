"""What ctkPathLineEdit tells of its path."""

import ctk
import pytest
import qt


@pytest.fixture
def told():
    return []


@pytest.fixture
def edit(told):
    edit = ctk.ctkPathLineEdit()
    edit.connect("currentPathChanged(QString)", lambda path: told.append(path))
    edit.connect("validInputChanged(bool)", lambda valid: told.append(valid))
    yield edit
    edit.delete()


def test_a_path_is_told_and_that_there_is_one(edit, told):
    edit.currentPath = "/a"
    edit.currentPath = "/b"
    assert told == ["/a", True, "/b"]


def test_an_empty_path_is_none_and_not_told(edit, told):
    edit.currentPath = "/a"
    del told[:]
    edit.currentPath = ""
    assert edit.currentPath == ""
    assert told == [False]


def test_a_path_of_the_history_is_there_from_the_start_and_not_told(edit, told):
    settings = qt.QSettings()
    settings.setValue("ctkPathLineEdit/test/Folders", ["/used/last", "/used/before"])
    edit.settingKey = "test/Folders"
    assert edit.currentPath == "/used/last"
    assert told == []
