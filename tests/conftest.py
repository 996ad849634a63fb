"""Fixtures that every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The optional folder of measuring data: ``BOOTWATCH_SHARED``, else ``../shared`` beside the repository.

    A test that asks for it is skipped where the folder is absent, except where the variable names a folder that is not
    there: that is a mistake, and fails.
    """
    named = os.environ.get("BOOTWATCH_SHARED")
    if named:
        folder = Path(named)
        assert folder.is_dir(), f"BOOTWATCH_SHARED names no folder: {named}"
        return folder
    folder = REPOSITORY.parent / "shared"
    if not folder.is_dir():
        pytest.skip("the measuring data is not here: set BOOTWATCH_SHARED or put it in ../shared")
    return folder
