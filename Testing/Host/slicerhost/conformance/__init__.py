"""Holds the host to what a real Slicer did: observations are replayed and compared."""

from slicerhost.conformance.observations import Observation, load
from slicerhost.conformance.replay import Outcome, replay

__all__ = ["Observation", "Outcome", "load", "replay"]
