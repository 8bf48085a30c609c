"""How well a score does: discrimination, survival by risk group, calibration."""
