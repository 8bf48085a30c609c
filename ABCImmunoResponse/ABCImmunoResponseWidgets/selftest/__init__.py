"""The module's self test: a simulated case through the whole workflow, in a real Slicer and wherever MRML is."""
