"""Radiomic feature names as a reader says them: 'wavelet-HLH_glcm_Idmn' is hard on the eye."""

import re

_CLASSES = {
    "shape": "shape",
    "firstorder": "intensity",
    "glcm": "co-occurrence (GLCM)",
    "glrlm": "run length (GLRLM)",
    "glszm": "size zone (GLSZM)",
    "gldm": "dependence (GLDM)",
    "ngtdm": "neighbourhood (NGTDM)",
}
_FEATURES = {
    "10Percentile": "10th percentile",
    "90Percentile": "90th percentile",
    "Id": "Inverse difference",
    "Idm": "Inverse difference moment",
    "Idmn": "Inverse difference moment, normalised",
    "Idn": "Inverse difference, normalised",
    "Imc1": "Informational measure of correlation 1",
    "Imc2": "Informational measure of correlation 2",
    "MCC": "Maximal correlation coefficient",
    "Maximum2DDiameterColumn": "Maximum 2D diameter (coronal)",
    "Maximum2DDiameterRow": "Maximum 2D diameter (sagittal)",
    "Maximum2DDiameterSlice": "Maximum 2D diameter (axial)",
    "Maximum3DDiameter": "Maximum 3D diameter",
    "SumSquares": "Sum of squares",
    "SurfaceVolumeRatio": "Surface to volume ratio",
}


def readable(name: str) -> str:
    """Return e.g. 'Cluster shade · co-occurrence (GLCM) · LoG 2 mm' for ``log-sigma-2-0-mm-3D_glcm_ClusterShade``.

    The original image goes unsaid. A name that is not made of image type, class and feature is returned as it is.
    """
    parts = name.split("_")
    if len(parts) != 3:
        return name
    image, kind, feature = parts
    said = [_FEATURES.get(feature) or _words(feature), _CLASSES.get(kind, kind)]
    if image != "original":
        said.append(_image(image))
    return " · ".join(said)


def _words(feature: str) -> str:
    words = re.findall(r"[A-Z][a-z]+|[A-Z]+(?![a-z])|[0-9]+", feature)
    text = " ".join(words).lower().replace("gray level", "grey-level").replace("non uniformity", "non-uniformity")
    return re.sub(r"( normalized)$", ", normalised", text).capitalize()


def _image(image: str) -> str:
    if match := re.fullmatch(r"log-sigma-(\d+)-(\d+)-mm-3D", image):
        whole, part = match.groups()
        return f"LoG {whole} mm" if part == "0" else f"LoG {whole}.{part} mm"
    return image.replace("-", " ", 1)
