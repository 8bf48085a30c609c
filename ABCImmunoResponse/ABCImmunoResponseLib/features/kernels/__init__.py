"""Counting: the texture matrices of a discretised image, by numpy or by numba."""
