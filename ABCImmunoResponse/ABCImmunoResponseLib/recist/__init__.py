"""RECIST 1.1: diameters, measurability, choice of target lesions, and response."""
