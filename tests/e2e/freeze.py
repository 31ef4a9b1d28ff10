"""Makes the frozen proofs of the scenario again: `python -m tests.e2e.freeze`, about ten minutes on two cores."""

import shutil
import tempfile
from pathlib import Path

from tests.e2e.chaos import wait_until
from tests.e2e.scenario import NUMBERS, WITH_PROOFS, begin, frozen_proof, prepare_folder, submit_all

PROOF_SECONDS = 3600


def freeze() -> None:
    """Run the scenario undisturbed and keep its proofs."""
    with tempfile.TemporaryDirectory(prefix="prividium-freeze-") as folder:
        data_dir = Path(folder) / "node"
        prepare_folder(data_dir)
        scenario = begin(data_dir, **WITH_PROOFS)
        try:
            submit_all(scenario)
            for number in NUMBERS:
                made = data_dir / "batches" / str(number) / "final.bin"
                wait_until(made.exists, PROOF_SECONDS)
                shutil.copyfile(made, frozen_proof(number))
                print(f"{frozen_proof(number)}: {made.stat().st_size:,} bytes")
        finally:
            scenario.stop()


if __name__ == "__main__":
    freeze()
