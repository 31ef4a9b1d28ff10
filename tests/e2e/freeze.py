"""Prove the scenario's first batches for real and keep the proofs: `python -m tests.e2e.freeze`.

About five minutes a batch. Run it after every change of the guest's commitments.
"""

import sys
import tempfile
import time
from pathlib import Path

from tests.e2e.scenario import FROZEN, begin, prepare_folder, submit_all
from tests.e2e.test_kill import FROZEN_BATCHES

POLL_SECONDS = 2.0


def freeze() -> None:
    with tempfile.TemporaryDirectory(prefix="prividium-freeze-") as folder:
        data_dir = Path(folder) / "data"
        prepare_folder(data_dir)
        scenario = begin(data_dir, PRIVIDIUM_L1_ENABLED="false")
        try:
            submit_all(scenario)
            FROZEN.mkdir(parents=True, exist_ok=True)
            for batch in range(1, FROZEN_BATCHES + 1):
                proof = data_dir / "batches" / str(batch) / "proof.bin"
                while not proof.exists():
                    time.sleep(POLL_SECONDS)
                (FROZEN / f"{batch}.proof").write_bytes(proof.read_bytes())
                sys.stdout.write(f"batch {batch}: {proof.stat().st_size} bytes\n")
        finally:
            scenario.node.stop()


if __name__ == "__main__":
    freeze()
