"""The virtual cohort and the virtual patient: a model, documented in Docs/simulation.md, and no clinical evidence."""
