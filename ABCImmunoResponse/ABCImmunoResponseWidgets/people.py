"""Who sits at this Slicer."""

import getpass
import re

import slicer


def person_of_application() -> str:
    """Return a name for reads and signatures from Slicer's user information, else the login name; '' if none.

    Readers are named by letters, digits, '.', '_' and '-' (they name files); the panel's field can be changed.
    """
    information = slicer.app.applicationLogic().GetUserInformation()
    for name in (information.GetLogin(), information.GetName(), _login()):
        usable = re.sub(r"[^A-Za-z0-9._-]+", "-", name or "").strip("-._")
        if usable:
            return usable
    return ""


def _login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # no login name, as in some containers
        return ""
