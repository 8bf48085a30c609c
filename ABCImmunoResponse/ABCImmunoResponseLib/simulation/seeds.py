"""Independent random streams, the same however often and wherever they are asked for."""

import numpy as np


def children(seed: np.random.SeedSequence, n: int) -> list[np.random.SeedSequence]:
    """Return the first ``n`` children of a seed: those that a fresh copy of it would spawn.

    ``SeedSequence.spawn`` itself remembers what it gave and goes on from there.
    """
    return np.random.SeedSequence(seed.entropy, spawn_key=seed.spawn_key).spawn(n)
