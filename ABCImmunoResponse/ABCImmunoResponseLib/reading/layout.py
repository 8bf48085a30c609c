"""Which files a case folder holds, by name."""

import re

CASE = "case.json"
AUDIT = "audit.jsonl"
IMAGE = "image.nrrd"
CONSENSUS_SEGMENTS = "consensus.seg.nrrd"
CONSENSUS = "consensus.json"
CLINICAL = "clinical.json"
FEATURES = "features.csv"
DIAGNOSTICS = "diagnostics.csv"
RESULT = "result.json"
REPORT = "report.html"
LOCK = ".lock"
DRAFTS = "drafts"  # a folder of what readers have under way, which is no part of the record

_TOP = (CASE, AUDIT, IMAGE, CONSENSUS_SEGMENTS, CONSENSUS, CLINICAL, FEATURES, DIAGNOSTICS, RESULT, REPORT)
_READ = re.compile(r"reads/[A-Za-z0-9][A-Za-z0-9._-]{0,63}\.(?:seg\.nrrd|json)")
_SUPERSEDED = re.compile(r"superseded/[0-9]{4,9}/(.+)")


def read_segments(reader: str) -> str:
    """Return the name of a reader's masks."""
    return f"reads/{reader}.seg.nrrd"


def read_record(reader: str) -> str:
    """Return the name of a reader's lesions, measurements and findings."""
    return f"reads/{reader}.json"


def superseded(name: str, line: int) -> str:
    """Return where ``name`` is kept when audit line ``line`` reopens the case or withdraws a read."""
    return f"superseded/{line:04d}/{name}"


def is_case_file(name: str) -> bool:
    """Say whether ``name`` (with '/' between folders) is one that a case folder may hold."""
    kept = _SUPERSEDED.fullmatch(name)
    name = kept[1] if kept else name
    return name in _TOP or _READ.fullmatch(name) is not None
