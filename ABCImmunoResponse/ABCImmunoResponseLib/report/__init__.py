"""The report of a case: one self-contained HTML file with pictures, for paper and screen."""
