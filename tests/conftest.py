"""Fixtures that every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

REPOSITORY = Path(__file__).resolve().parent.parent

# No deadline: a busy two-core machine is slow at random. In CI the examples are the same in every run, so that a red
# run is about the change; by hand they are new each time, so that they find something.
settings.register_profile("by-hand", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "by-hand")


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
