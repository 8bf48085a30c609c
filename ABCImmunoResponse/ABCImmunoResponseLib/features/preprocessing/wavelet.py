"""The eight sub-bands of an undecimated wavelet transform, computed only where they are wanted.

One level of the stationary transform with coiflet 1: along each axis the image is convolved with a low-pass and a
high-pass filter of six taps (Daubechies, Ten Lectures on Wavelets, 1992, table 8.1), and continued periodically. An
axis of odd length is made even first, by repeating its first voxel at its end.

The result has the bits of PyWavelets' ``swtn``: sums are in its order and of its type, float32 for a float32 image and
float64 for any other.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from ABCImmunoResponseLib.features.kernels.interface import Box

# Low-pass taps; the high-pass taps are the same in reverse order with alternating signs, minus first. Both filters
# therefore add or subtract the same products.
_LOW = (
    -0.015655728135791993,
    -0.07273261951252645,
    0.3848648468648578,
    0.8525720202116004,
    0.3378976624574818,
    -0.07273261951252645,
)
# PyWavelets multiplies a table by the square root of 2 when it is loaded: in float32, one tap is a last bit smaller.
_LOW_FLOAT32 = tuple(np.array((*_LOW[:3], 0.85257196, *_LOW[4:]), np.float32))
_BEFORE, _AFTER = 2, 3  # a sample's filter reaches so far
_SLAB = 1 << 14  # voxels filtered at a time, so that their products stay in the processor's cache


def sub_bands(image: np.ndarray, box: Box) -> Iterator[tuple[str, np.ndarray]]:
    """Yield (name, sub-band within the box) of an image, in pyradiomics' order.

    The letters of a name such as ``wavelet-LLH`` say what was done along i, j and k: low- or high-pass. LLL comes last.

    Parameters
    ----------
    image : numpy.ndarray, shape (K, J, I)
        Of any length along each axis.
    box : tuple of slice
        Where the sub-bands are wanted; two voxels before and three after it count as well.

    Yields
    ------
    tuple of (str, numpy.ndarray)
        The array has the box's shape, is float32 or float64, C-contiguous, and the caller's to keep.
    """
    # A sub-band's last voxel along an even axis is special; see _sum.
    ends = [side.stop == length and length % 2 == 0 for side, length in zip(box, image.shape, strict=True)]
    approximation = None
    for i, along_i in zip("LH", _split(_surroundings(image, box), 2, ends[2]), strict=True):
        for j, along_j in zip("LH", _split(along_i, 1, ends[1]), strict=True):
            for k, band in zip("LH", _split(along_j, 0, ends[0]), strict=True):
                if i + j + k == "LLL":
                    approximation = band
                else:
                    yield f"wavelet-{i}{j}{k}", band
    yield "wavelet-LLL", approximation


def _surroundings(image: np.ndarray, box: Box) -> np.ndarray:
    """Return the box and what the filters reach around it, of the type in which they compute."""
    indices = []
    for side, length in zip(box, image.shape, strict=True):
        index = np.arange(side.start - _BEFORE, side.stop + _AFTER) % (length + length % 2)
        index[index == length] = 0
        indices.append(index)
    dtype = np.float32 if image.dtype == np.float32 else np.float64
    return image[np.ix_(*indices)].astype(dtype, order="C")


def _split(block: np.ndarray, axis: int, at_end: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return a block after the low-pass and after the high-pass filter; it is five voxels shorter along the axis."""
    shape = list(block.shape)
    shape[axis] -= _BEFORE + _AFTER
    low, high = np.empty(shape, block.dtype), np.empty(shape, block.dtype)
    across = 0 if axis else 1  # slabs are cut across another axis than the filtered one
    thickness = max(1, _SLAB * block.shape[across] // block.size)
    for start in range(0, block.shape[across], thickness):
        slab = (slice(None),) * across + (slice(start, start + thickness),)
        _split_slab(block[slab], axis, at_end, low[slab], high[slab])
    return low, high


def _split_slab(block: np.ndarray, axis: int, at_end: bool, low: np.ndarray, high: np.ndarray) -> None:
    taps = _LOW_FLOAT32 if block.dtype == np.float32 else _LOW
    products = [block * tap for tap in taps[:-1]]
    products.append(products[1])  # the last tap is that of the second
    samples = low.shape[axis]

    def terms(start: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
        cuts = [(slice(None),) * axis + (slice(5 - n + start, 5 - n + samples),) for n in range(6)]
        return (
            [products[n][cut] for n, cut in enumerate(cuts)],
            [products[5 - n][cut] for n, cut in enumerate(cuts)],
        )

    _sum(*terms(0), low, high)
    if at_end:
        last = (slice(None),) * axis + (slice(samples - 1, None),)
        of_low, of_high = terms(samples - 1)
        _sum(_turned(of_low), _turned(of_high), low[last], high[last])


def _turned(terms: Sequence[np.ndarray]) -> list[np.ndarray]:
    return [terms[2], terms[1], terms[0], *terms[3:]]


def _sum(of_low: Sequence[np.ndarray], of_high: Sequence[np.ndarray], low: np.ndarray, high: np.ndarray) -> None:
    """Add six products tap by tap.

    PyWavelets begins with the first tap, but at the very end of a line, where the first three taps lie on voxels of its
    other end, with the third.
    """
    np.add(of_low[0], of_low[1], out=low)
    np.subtract(of_high[1], of_high[0], out=high)
    for n in range(2, 6):
        np.add(low, of_low[n], out=low)
        (np.add if n % 2 else np.subtract)(high, of_high[n], out=high)
