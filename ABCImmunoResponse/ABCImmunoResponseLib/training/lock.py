"""Write a bundle: three files, hashed, loaded once to prove them, and moved into place together."""

import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ABCImmunoResponseLib.droppings import is_dropping
from ABCImmunoResponseLib.errors import CaseFolderError, MissingDependencyError, TrainingError
from ABCImmunoResponseLib.files import sha256_bytes, write_bytes
from ABCImmunoResponseLib.model.bundle import BYTES_MAX, CARD, DESCRIPTION, WEIGHTS, load_bundle, serialise_description


def check_output(folder: Path) -> None:
    """Refuse a folder that a bundle must not replace.

    Raises
    ------
    TrainingError
        If it exists and holds anything but a bundle's files, or its parent does not exist.
    """
    if not folder.parent.is_dir():
        raise TrainingError(f"{folder.parent} does not exist; make it first.")
    if not folder.exists():
        return
    if not folder.is_dir() or any(e.name not in BYTES_MAX and not is_dropping(e.name) for e in folder.iterdir()):
        raise TrainingError(f"{folder} exists and is no model bundle; choose another output.")


def write_bundle(folder: Path, description: Mapping[str, Any], tensors: Mapping[str, np.ndarray], card: str) -> None:
    """Write a bundle, replacing one that is there; ``files`` and ``self_sha256`` of the description are filled in.

    The new folder is complete and has been loaded before it takes the place of the old one.

    Raises
    ------
    TrainingError
        If the disk refuses.
    MissingDependencyError
        If safetensors is not installed.
    """
    try:
        from safetensors.numpy import save
    except ImportError as cause:
        raise MissingDependencyError("Training needs safetensors: run 'make setup' in a checkout.") from cause
    contents = {WEIGHTS: save({name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()})}
    contents[CARD] = card.encode()
    files = {name: {"bytes": len(data), "sha256": sha256_bytes(data)} for name, data in contents.items()}
    contents[DESCRIPTION] = serialise_description({**description, "files": files})
    fresh = folder.with_name(f".tmp-{secrets.token_hex(8)}")
    retired = folder.with_name(f".tmp-{secrets.token_hex(8)}")
    try:
        fresh.mkdir()
        for name, data in contents.items():
            write_bytes(fresh / name, data)
        load_bundle(fresh)
        if folder.exists():
            folder.replace(retired)
        try:
            fresh.replace(folder)
        except OSError:
            if retired.exists():
                retired.replace(folder)
            raise
    except (OSError, CaseFolderError) as cause:
        raise TrainingError(f"{folder} cannot be written ({cause}).") from cause
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        if folder.exists():  # else the old bundle could not be put back: it stays where it is, under that name
            shutil.rmtree(retired, ignore_errors=True)
