"""Where PythonQt or this host differs from PySide in single classes."""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QSettings, QTimer

from slicerhost.pythonqt import errors
from slicerhost.pythonqt.qt5 import make_font
from slicerhost.pythonqt.registry import Wrapper

_waiting: set[QTimer] = set()


def single_shot(*args) -> None:
    """``QTimer.singleShot(msec, callable)``; what the callable raises is printed and kept."""
    milliseconds, function = args[-2:]
    timer = QTimer()
    timer.setSingleShot(True)
    _waiting.add(timer)

    def fire():
        _waiting.discard(timer)
        try:
            function()
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # a failed assertion of a test framework need not be an Exception
            errors.keep(error)

    timer.timeout.connect(fire)
    timer.start(int(milliseconds))


@cache
def _settings_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="slicerhost-settings-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def settings_arguments(*args) -> tuple:
    """Return what QSettings is made of: a file that lasts as long as the process, never the user's own settings.

    A file and its format are taken as they are.
    """
    if len(args) >= 2 and isinstance(args[0], str) and isinstance(args[1], QSettings.Format):
        return args
    names = [part for part in args if isinstance(part, str)] or ["Slicer"]
    name = "-".join(part.replace("/", "_") for part in names)
    return str(_settings_folder() / f"{name}.ini"), QSettings.Format.IniFormat


def make_settings(*args) -> QSettings:
    """Return settings that last as long as the process, or those of the file that is given."""
    return QSettings(*settings_arguments(*args))


def make_application(*args) -> QCoreApplication:
    """Return the process's one application: Qt allows no second one."""
    return QCoreApplication.instance()


def byte_data(of: Wrapper) -> bytes:
    return bytes(of._qt.data())


def _waits_for_a_person(name: str):
    def refuse(*args):
        raise RuntimeError(f"{name} waits for a person, and nobody is at the stand-in host: let the test answer")

    return refuse


MODAL = {
    "QMessageBox": ("about", "aboutQt", "critical", "information", "question", "warning"),
    "QFileDialog": (
        "getExistingDirectory", "getExistingDirectoryUrl", "getOpenFileContent", "getOpenFileName", "getOpenFileNames",
        "getOpenFileUrl", "getOpenFileUrls", "getSaveFileName", "getSaveFileUrl",
    ),
    "QInputDialog": ("getDouble", "getInt", "getItem", "getMultiLineText", "getText"),
}  # fmt: skip

METHODS = {
    "QTimer": {"singleShot": single_shot},
    "QByteArray": {"data": byte_data},
    **{
        name: {function: _waits_for_a_person(f"{name}.{function}") for function in functions}
        for name, functions in MODAL.items()
    },
}
CONSTRUCTORS = {
    "QFont": make_font,
    "QSettings": make_settings,
    "QApplication": make_application,
    "QCoreApplication": make_application,
    "QGuiApplication": make_application,
}
