"""The audit log tells which line was changed, removed or added."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ABCImmunoResponseLib.files import canonical_json, sha256_bytes
from ABCImmunoResponseLib.reading.audit import AuditHead, next_line, now, read_lines, write_lines
from ABCImmunoResponseLib.reading.strict import encode


def chain(count=8):
    lines = []
    for number in range(1, count + 1):
        lines.append(
            next_line(
                lines[-1] if lines else None,
                time=f"2026-01-{number:02d}T10:00:00.000Z",
                actor="Müller",
                action="save-read",
                details={"reader": "lee", "note": "a\nb | ü"},
                state="reading",
                files={"reads/lee.json": f"{number:064d}"},
                case_sha256=f"{number + 1:064d}",
            )
        )
    return lines


def problems(data, lines):
    return read_lines(data, AuditHead(len(lines), lines[-1].sha256))[1]


def test_what_is_written_is_read_back_without_complaint():
    lines = chain()
    found, complaints = read_lines(write_lines(lines), AuditHead(8, lines[-1].sha256))
    assert found == tuple(lines)
    assert complaints == []


def test_a_line_names_the_hash_of_the_one_before_and_its_own():
    first, second = chain(2)
    assert first.previous == "0" * 64
    assert second.previous == first.sha256
    value = {key: item for key, item in encode(first).items() if key != "sha256"}
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert sha256_bytes(text.encode()) == first.sha256


@pytest.mark.parametrize("number", range(1, 9))
def test_a_changed_line_is_named(number):
    lines = chain()
    raw = write_lines(lines).split(b"\n")
    raw[number - 1] = raw[number - 1].replace(b'"lee"', b'"kim"')
    assert problems(b"\n".join(raw), lines) == [f"audit line {number} was changed"]


@pytest.mark.parametrize("number", range(1, 9))
def test_a_line_forged_with_its_own_hash_is_told_by_the_next(number):
    lines = chain()
    forged = [*lines[: number - 1], replaced(lines[number - 1], actor="nobody"), *lines[number:]]
    (complaint,) = problems(write_lines(forged), lines)
    assert f"audit line {number} was replaced" in complaint


def replaced(line, **changed):
    value = encode(replace(line, **changed, sha256=""))
    del value["sha256"]
    return replace(line, **changed, sha256=sha256_bytes(canonical_json(value)))


@pytest.mark.parametrize(
    ("kept", "complaint"),
    [
        (slice(0, 6), "the last 2 audit lines were removed"),
        (slice(0, 7), "the last audit line was removed"),
        (slice(0, 0), "the last 8 audit lines were removed"),
        (slice(1, 8), "audit line 1 was removed"),
        (slice(3, 8), "audit lines 1 to 3 were removed"),
    ],
)
def test_removed_lines_are_counted(kept, complaint):
    lines = chain()
    assert problems(write_lines(lines[kept]), lines) == [complaint]


def test_removed_lines_in_the_middle_are_named():
    lines = chain()
    assert problems(write_lines([*lines[:3], *lines[5:]]), lines) == ["audit lines 4 to 5 were removed"]


def test_added_lines_are_told():
    lines = chain()
    assert problems(write_lines([*lines, *chain(9)[8:]]), lines) == [
        "audit lines were added after line 8, or case.json was put back to an older one"
    ]
    assert problems(write_lines([*lines[:4], lines[1], *lines[4:]]), lines) == [
        "an audit line numbered 2 was added after line 4"
    ]


def test_swapped_lines_are_told():
    lines = chain()
    lines_swapped = [*lines[:2], lines[3], lines[2], *lines[4:]]
    assert problems(write_lines(lines_swapped), lines)


def test_a_last_line_replaced_with_its_own_hash_is_told_by_case_json():
    lines = chain()
    forged = [*lines[:-1], replaced(lines[-1], actor="nobody")]
    assert problems(write_lines(forged), lines) == ["audit line 8 was replaced, or its hash in case.json was changed"]


@pytest.mark.parametrize("cut", [1, 2, 50])
def test_a_torn_end_is_told(cut):
    lines = chain()
    assert problems(write_lines(lines)[:-cut], lines)


@given(position=st.integers(0), value=st.integers(0, 255))
def test_any_changed_byte_is_told(position, value):
    lines = chain(3)
    data = bytearray(write_lines(lines))
    position %= len(data)
    before, data[position] = data[position], value
    assert bool(problems(bytes(data), lines)) == (value != before)


@given(st.binary(max_size=200))
def test_any_bytes_in_its_place_are_told(data):
    lines = chain(1)
    assert problems(data, lines)


@given(st.binary(max_size=60), st.integers(0))
def test_any_inserted_bytes_are_told(data, position):
    lines = chain(2)
    whole = write_lines(lines)
    position %= len(whole) + 1
    assert bool(problems(whole[:position] + data + whole[position:], lines)) == bool(data)


def test_time_never_runs_backwards():
    assert now("2999-01-01T00:00:00.000Z") == "2999-01-01T00:00:00.000Z"
    assert now() > "2026"
    assert len(now()) == len("2026-01-01T00:00:00.000Z")
