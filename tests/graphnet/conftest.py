"""What several test files of this folder use."""

from pathlib import Path

import pytest


@pytest.fixture
def text(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the name of a file that holds the TEXT of the test's own file."""
    file = tmp_path / "text.txt"
    file.write_text(request.module.TEXT)
    return str(file)
