"""The one QApplication of the process, without a screen."""

import os
import sys

_kept: list = []
_OF_NO_SCREEN = "This plugin does not support"  # what a window manager would do, for every window that is shown


def application():
    """Return the process's QApplication; it is made at the first call.

    Unless the environment says otherwise nothing is drawn on a screen. Numbers are written as in Slicer, whatever the
    language of the machine.
    """
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import QLocale, qInstallMessageHandler
    from PySide6.QtWidgets import QApplication

    if QApplication.instance() is None:
        qInstallMessageHandler(_print_message)
        QLocale.setDefault(QLocale.c())
        made = QApplication(["Slicer"])
        made.setApplicationName("Slicer")
        made.setQuitOnLastWindowClosed(False)
        made.setStyle("Fusion")
        _kept.append(made)
    return QApplication.instance()


def _print_message(kind, context, text: str) -> None:
    if not text.startswith(_OF_NO_SCREEN):
        print(f"Qt: {text}", file=sys.stderr)


def process_events() -> None:
    """Let all events that wait be dealt with, deletions that were put off too."""
    from PySide6.QtCore import QCoreApplication, QEvent

    application().processEvents()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    application().processEvents()
