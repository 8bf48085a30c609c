"""The product's own exceptions: each message is one line that says what is wrong and what to do."""


class ABCImmunoResponseError(Exception):
    """Anything the product refuses. The command line prints the message and exits with 1."""


class ImagingError(ABCImmunoResponseError):
    """An image cannot be read, or is not a CT that the product can use."""


class MaskError(ImagingError):
    """A mask cannot be read, is empty, too small, or lies outside the image."""


class GeometryError(ImagingError):
    """Image and mask do not describe the same space and cannot be brought together."""


class ProtocolError(ABCImmunoResponseError):
    """A protocol file or a request that contradicts it."""


class ClinicalError(ABCImmunoResponseError):
    """A clinical value of the wrong type, unit or range."""


class CaseFolderError(ABCImmunoResponseError):
    """A case folder that cannot be created, read or written."""


class IntegrityError(CaseFolderError):
    """A case folder or bundle was changed behind its back; the message lists every change."""


class StateError(CaseFolderError):
    """A step that the case's state does not allow yet, or no longer."""


class RecipeError(ABCImmunoResponseError):
    """A feature recipe that cannot be read, or another one than the model was made with."""


class FeatureError(ABCImmunoResponseError):
    """Features cannot be extracted or a feature table cannot be used."""


class BundleError(ABCImmunoResponseError):
    """A model bundle that cannot be loaded or does not fit its input."""


class TrainingError(ABCImmunoResponseError):
    """A table of outcomes, or a request, from which no model can be trained."""


class MissingDependencyError(ABCImmunoResponseError):
    """An optional package is needed for what was asked; the message names it and how to install it."""


class Cancelled(ABCImmunoResponseError):  # noqa: N818 - a stop asked for, not a fault
    """Work stopped because the caller asked for it; nothing was written."""
