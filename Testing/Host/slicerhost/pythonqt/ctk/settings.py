"""``ctkSettings``: what Slicer's settings are."""

from PySide6.QtCore import QSettings

from slicerhost.pythonqt.special import settings_arguments


class ctkSettings(QSettings):
    """Settings, of the process only unless they are given a file."""

    def __init__(self, *args):
        super().__init__(*settings_arguments(*args))
