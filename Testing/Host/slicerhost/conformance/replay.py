"""Runs observations on the host, with the helper functions that they were recorded with."""

import contextlib
import io
import re
from dataclasses import dataclass
from functools import partial
from itertools import groupby

from slicerhost.conformance.observations import Observation, as_recorded, raised, shown
from slicerhost.conformance.trials import completed, trials

_REFUSAL = re.compile(r"the stand-in host has no|^module '(qt|ctk|slicer)' has no attribute")


@dataclass(frozen=True)
class Outcome:
    """What came out of an observation on the host.

    Attributes
    ----------
    observation : Observation
    found : str
        In the form of the observation's ``expected``.
    offered : bool
        False where the host refused because it has no such thing: that is neither right nor wrong.
    """

    observation: Observation
    found: str
    offered: bool

    @property
    def same(self) -> bool:
        return self.found == self.observation.expected

    def __str__(self) -> str:
        said = "not offered" if not self.offered else "same" if self.same else "different"
        of = self.observation
        return f"{of.group}: {of.source}\n    {said}: {self.found}\n    Slicer: {of.expected}"


def helpers() -> dict:
    """Return the names that observations use: slots that record what they receive in ``log``."""
    log: list = []

    def f0():
        log.append(("f0",))

    def f1(a):
        log.append(("f1", a))

    def f2(a, b):
        log.append(("f2", a, b))

    def fd(a=9):
        log.append(("fd", a))

    def fs(*a):
        log.append(("fs", *a))

    def boom(*a):
        raise RuntimeError("boom")

    class K:
        def m0(self):
            log.append(("m0",))

        def m1(self, a):
            log.append(("m1", a))

    names = {"f0": f0, "f1": f1, "f2": f2, "fd": fd, "fs": fs, "boom": boom, "K": K, "kobj": K(), "log": log}
    return {**names, "partial": partial}


def replay(observations: list[Observation], names: dict) -> list[Outcome]:
    """Run observations in their order and compare.

    Parameters
    ----------
    observations : list of Observation
    names : dict
        ``qt``, ``ctk`` and ``slicer`` as the host has them. What the statements make is added.
    """
    names.update(helpers())
    outcomes = []
    for _, group in groupby(observations, lambda observation: observation.group):
        for trial in trials(list(group)):
            names["log"].clear()
            for source, observation in completed(trial):
                outcome = _run(source, observation, names)
                if outcome is not None:
                    outcomes.append(outcome)
    return outcomes


def _run(source: str, observation: Observation | None, names: dict) -> Outcome | None:
    kind = observation.kind if observation is not None else "stmt"
    with contextlib.redirect_stderr(io.StringIO()):  # what slots raise is printed there
        try:
            if kind == "after":
                found = as_recorded(repr(names["log"]))
                names["log"].clear()
            elif kind == "expr":
                found = shown(eval(source, names))
            else:
                exec(source, names)
                found = "ok"
        except Exception as error:
            if observation is None:
                return None
            found = raised(error)
            refused = isinstance(error, NameError) or _REFUSAL.search(str(error)) is not None
            return Outcome(observation, found, found == observation.expected or not refused)
    return None if observation is None else Outcome(observation, found, True)
