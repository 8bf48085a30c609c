"""What the step 'Report' is made of: files for use elsewhere, and the packages that it needs."""
