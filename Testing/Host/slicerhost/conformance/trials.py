"""What was done and not recorded in a line of its own is done too: the records of the slots say what it was."""

import re
from collections.abc import Iterator
from itertools import pairwise

from slicerhost.conformance.observations import Observation

_CONNECTED = re.compile(r"connect (?P<signal>.+?) to (?P<slot>.+); click$", re.DOTALL)
# Between these two the table was emptied: nothing else takes rows away, and clearContents leaves them.
_EMPTIED = ("t.clearContents()", "t.rowCount", "t.rowCount = 0")
_BY_ATTRIBUTE = re.compile(r"(?P<connect>(?P<signal>[\w.]+)\.connect\((?P<slot>\w+)\)), click, disconnect, click$")


def trials(observations: list[Observation]) -> Iterator[list[Observation]]:
    """Divide the observations of a group: each trial begins with making something anew."""
    trial: list[Observation] = []
    for observation in observations:
        if observation.makes and trial:
            yield trial
            trial = []
        trial.append(observation)
    if trial:
        yield trial


def completed(trial: list[Observation]) -> list[tuple[str, Observation | None]]:
    """Return what is to be run, each with the observation that it is; None for steps that were left out.

    Observations are kept back: where a record tells of a connection that no observation of the trial makes, or of a
    disconnection, it is put where it was.
    """
    steps: list[tuple[str, Observation | None]] = [(observation.source, observation) for observation in trial]
    told = next((observation.source for observation in trial if observation.kind == "after"), "")
    connected, by_attribute = _CONNECTED.match(told), _BY_ATTRIBUTE.match(told)
    clicks = [index for index, (source, _) in enumerate(steps) if source.endswith(".click()")]
    name = trial[0].source.partition(" = ")[0]
    if connected and clicks and not any("connect(" in source for source, _ in steps):
        signal = connected["signal"].strip("'")
        steps.insert(clicks[0], (f"{name}.connect({signal!r}, {connected['slot']})", None))
    sources = [source for source, _ in steps]
    for index, pair in enumerate(pairwise(sources)):
        if pair == _EMPTIED[:2]:
            steps.insert(index + 1, (_EMPTIED[2], None))
    if by_attribute and clicks:
        if len(clicks) > 1 and not any("disconnect(" in source for source, _ in steps):
            steps.insert(clicks[1], (f"{by_attribute['signal']}.disconnect({by_attribute['slot']})", None))
        if not any(".connect(" in source for source, _ in steps):
            steps.insert(clicks[0], (by_attribute["connect"], None))
    return steps
