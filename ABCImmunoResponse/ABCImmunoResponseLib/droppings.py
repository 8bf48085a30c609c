"""What file managers and network file systems drop into any folder; never part of a case or a bundle."""

_NAMES = {".DS_Store", "Thumbs.db", "desktop.ini"}
_PREFIXES = ("._", ".nfs")


def is_dropping(name: str) -> bool:
    """Tell whether a file of this name was put there by an operating system and by nobody else."""
    return name in _NAMES or name.startswith(_PREFIXES)
