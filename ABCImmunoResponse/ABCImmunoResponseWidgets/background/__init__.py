"""Commands in a process beside Slicer."""
