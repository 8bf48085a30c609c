"""The formulas of the 1130 features, in pyradiomics' definitions and names, from counts, values and masks."""
