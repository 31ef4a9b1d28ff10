"""prividium.proof.child: one process per folder."""

import sys
import threading
from pathlib import Path

from prividium.proof.child import Child

SLEEPER = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)"]
DEAF = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)",
]


def wait_until_up(child: Child, deadline_seconds: float = 30.0) -> None:
    idle = threading.Event()
    for _ in range(int(deadline_seconds / 0.02)):
        if "up" in child.last_words():
            return
        idle.wait(0.02)
    raise AssertionError("the child did not come up")


def test_a_child_runs_until_it_is_stopped(tmp_path: Path) -> None:
    child = Child("sleeper", tmp_path)
    child.start(SLEEPER)
    wait_until_up(child)
    assert child.is_alive
    child.stop()
    assert not child.is_alive
    child.stop()


def test_a_child_that_ended_shows_its_status_and_last_words(tmp_path: Path) -> None:
    child = Child("short", tmp_path)
    child.start([sys.executable, "-c", "print('one'); print('two'); raise SystemExit(3)"])
    assert child._process is not None
    assert child._process.wait(30) == 3
    assert (child.is_alive, child.exit_code) == (False, 3)
    assert child.last_words() == "one\ntwo"
    child.stop()


def test_a_second_parent_ends_the_first_ones_child(tmp_path: Path) -> None:
    first, second = Child("sleeper", tmp_path), Child("sleeper", tmp_path)
    first.start(SLEEPER)
    wait_until_up(first)
    second.start(SLEEPER)
    assert second.is_alive
    assert first._process is not None
    first._process.wait(30)
    assert not first.is_alive
    second.stop()


def test_a_child_that_ignores_the_polite_signal_is_killed(tmp_path: Path) -> None:
    first, second = Child("deaf", tmp_path), Child("deaf", tmp_path)
    first.start(DEAF)
    wait_until_up(first)
    second.end_left_behind(grace_seconds=0.2)
    assert first._process is not None
    first._process.wait(30)
    third = Child("deaf", tmp_path / "other")
    third.start(DEAF)
    wait_until_up(third)
    third.stop(grace_seconds=0.2)
    assert not third.is_alive


def test_logs_are_private(tmp_path: Path) -> None:
    child = Child("sleeper", tmp_path / "folder")
    child.start(SLEEPER)
    wait_until_up(child)
    child.stop()
    assert child.log_path.stat().st_mode & 0o077 == 0
    assert (tmp_path / "folder").stat().st_mode & 0o077 == 0
