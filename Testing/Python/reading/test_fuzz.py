"""Whatever the files of a case folder hold, opening it ends in a case or in one line, never in another exception."""

import json
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ABCImmunoResponseLib.errors import ABCImmunoResponseError, CaseFolderError, IntegrityError
from ABCImmunoResponseLib.files import sha256_bytes
from ABCImmunoResponseLib.reading.audit import next_line, read_lines, write_lines
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
from ABCImmunoResponseLib.reading.records import case_sha256, indented
from ABCImmunoResponseLib.reading.strict import encode

RECORDS = ("case.json", "audit.jsonl", "consensus.json", "reads/lee.json", "clinical.json", "result.json")
fuzz = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def case(sample_folders, tmp_path_factory):
    """The path of a finished case and the bytes of its files, to put back after each try."""
    path = tmp_path_factory.mktemp("fuzz") / "case"
    path.mkdir()
    files = {
        file.relative_to(sample_folders["reported"]).as_posix(): file.read_bytes()
        for file in sample_folders["reported"].rglob("*")
        if file.is_file()
    }
    return path, files


def restore(case) -> Path:
    path, files = case
    for name, data in files.items():
        (path / name).parent.mkdir(exist_ok=True)
        if not (path / name).exists() or (path / name).read_bytes() != data:
            (path / name).write_bytes(data)
    return path


def one_line(error: BaseException) -> None:
    assert "\n" not in str(error)


@fuzz
@given(name=st.sampled_from(RECORDS), position=st.integers(0), bytes_=st.binary(max_size=6), cut=st.integers(0, 6))
def test_changed_bytes_are_always_told(case, name, position, bytes_, cut):
    path = restore(case)
    data = case[1][name]
    position %= len(data)
    changed = data[:position] + bytes_ + data[position + cut :]
    (path / name).write_bytes(changed)
    if changed == data:
        CaseFolder.open(path)
        return
    with pytest.raises(IntegrityError) as caught:
        CaseFolder.open(path)
    one_line(caught.value)


HOSTILE = ("", "A", "B", "lee", "kim", "LEE", "P1", "L1", "../x", "CON", "signed", "created", "drop", "0" * 64)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(
        ["", "A", "B", "lee", "kim", "LEE", "P1", "L1", "../x", "CON", "signed", "created", "drop", "0" * 64]
    )
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "schema", "reads"]), inner, max_size=3)
    ),
    max_leaves=4,
)


def places(value, here=()):
    """Yield the path to every value inside a JSON value."""
    yield here
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from places(item, (*here, key))


def mutate(data, value):
    """Replace, remove, add or repeat one value somewhere inside a JSON value."""
    spot = data.draw(st.sampled_from(list(places(value))))
    new = data.draw(json_values)
    if not spot:
        return new
    holder = value
    for key in spot[:-1]:
        holder = holder[key]
    act = data.draw(st.sampled_from(["replace", "remove", "add", "repeat"]))
    if act == "replace":
        holder[spot[-1]] = new
    elif act == "remove":
        del holder[spot[-1]]
    elif isinstance(holder, dict):
        holder["added"] = new
    else:
        holder.append(new if act == "add" else holder[spot[-1]])
    return value


def seal(path, case_value):
    """Make the audit log vouch for what the folder holds now, as a forger who knows the format can."""
    lines, _ = read_lines((path / "audit.jsonl").read_bytes(), None)
    files = case_value.get("files") if isinstance(case_value, dict) else None
    if isinstance(files, dict):
        for name in files:
            if (path / name).is_file():
                files[name] = sha256_bytes((path / name).read_bytes())
    content = {key: item for key, item in case_value.items() if key != "audit"} if isinstance(case_value, dict) else {}
    line = next_line(
        lines[-2],
        time=lines[-1].time,
        actor="forger",
        action="forge",
        details={},
        state="reported",
        files=files if isinstance(files, dict) and all(isinstance(h, str) for h in files.values()) else {},
        case_sha256=case_sha256(content),
    )
    (path / "audit.jsonl").write_bytes(write_lines([*lines[:-1], line]))
    if isinstance(case_value, dict):
        case_value["audit"] = {"count": line.number, "sha256": line.sha256}
    (path / "case.json").write_bytes(indented(case_value))


@settings(fuzz, max_examples=400)
@given(name=st.sampled_from([name for name in RECORDS if name != "audit.jsonl"]), data=st.data())
def test_records_of_the_wrong_shape_are_told_even_when_every_hash_fits(case, name, data):
    path = restore(case)
    value = mutate(data, json.loads(case[1][name]))
    case_value = value if name == "case.json" else json.loads(case[1]["case.json"])
    if name != "case.json":
        (path / name).write_bytes(indented(value))
    seal(path, case_value)
    try:
        folder = CaseFolder.open(path)
    except CaseFolderError as error:
        one_line(error)
        return
    for look in (folder.describe, folder.audit, folder.consensus_segments, lambda: encode(folder.protocol)):
        try:
            look()
        except ABCImmunoResponseError as error:  # a case that names other lesions than its masks hold
            one_line(error)
    for read in folder.reads:
        try:
            folder.segments(read.reader)
        except ABCImmunoResponseError as error:
            one_line(error)


def test_a_forger_who_reseals_everything_is_not_seen(case):
    """What the docstring of audit.py says: a chain without a key cannot show this."""
    path = restore(case)
    value = json.loads(case[1]["result.json"])
    value["scores"]["radiomics"]["score"] = 9.9
    (path / "result.json").write_bytes(indented(value))
    seal(path, json.loads(case[1]["case.json"]))
    assert CaseFolder.open(path).result()["scores"]["radiomics"]["score"] == 9.9


def test_masks_of_other_lesions_are_told_where_they_are_read(case):
    path = restore(case)
    shutil.copy(path / "reads/kim.seg.nrrd", path / "reads/lee.seg.nrrd")
    seal(path, json.loads(case[1]["case.json"]))
    with pytest.raises(CaseFolderError, match=r"lee\.seg\.nrrd does not hold the masks of a1, a2"):
        CaseFolder.open(path).segments("lee")


def test_a_forged_record_that_is_no_json_is_told(case):
    path = restore(case)
    (path / "clinical.json").write_bytes(b"{")
    seal(path, json.loads(case[1]["case.json"]))
    with pytest.raises(CaseFolderError, match=r"clinical\.json is not valid JSON"):
        CaseFolder.open(path)


@pytest.mark.parametrize("name", RECORDS)
@pytest.mark.parametrize("data", [b"", b"\x00", b"{}", b"[]", b"null", b"\xff", b"[" * 50_000, b"1e999", b'{"a":NaN}'])
def test_a_replaced_record_is_told(case, name, data):
    path = restore(case)
    (path / name).write_bytes(data)
    with pytest.raises(IntegrityError) as caught:
        CaseFolder.open(path)
    one_line(caught.value)


def test_a_record_of_a_later_schema_asks_for_a_newer_version(case):
    path = restore(case)
    value = json.loads(case[1]["case.json"])
    value["schema"] = 2
    seal(path, value)
    with pytest.raises(CaseFolderError, match=r"case\.json is of schema '2' and this version reads 1"):
        CaseFolder.open(path)
