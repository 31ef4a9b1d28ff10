"""The main job from the outside: the command that the README names, with a real proof."""

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.node
def test_the_demo_does_what_it_says(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "prividium", "demo", "--data-dir", str(tmp_path / "demo")]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=3600, check=False)
    assert finished.returncode == 0, finished.stdout[-4000:] + finished.stderr[-2000:]
    assert "none found" in finished.stdout
    assert finished.stdout.count("refused") >= 7
