"""``slicer.i18n`` where no translation is loaded: texts come back as they are."""


def tr(text: str) -> str:
    """Return ``text``."""
    return text


def translate(context: str, text: str) -> str:
    """Return ``text``."""
    return text
