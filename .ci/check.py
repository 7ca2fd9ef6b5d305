"""The one check command: format, lint, types, layers of imports, and the README's test command.

``python .ci/check.py`` for everyday use; ``--main-job`` also runs the README's first command, which trains for minutes.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]


def run(command: list[str] | str) -> None:
    """Run one command in the project's folder and stop if it fails."""
    print(f"\n$ {command if isinstance(command, str) else ' '.join(command[1:])}", flush=True)
    threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")
    failed = subprocess.run(  # noqa: S603  # the commands are ours
        command if isinstance(command, list) else ["bash", "-c", command], cwd=HERE, env={**os.environ, **threads}
    ).returncode
    if failed:
        sys.exit(failed)


def main() -> None:
    """Run all checks."""
    python = sys.executable
    main_job, test_command = re.findall(r"```sh\n(.*?)\n```", (HERE / "README.md").read_text(), re.DOTALL)
    run([python, "-m", "ruff", "format", "--check", "."])
    run([python, "-m", "ruff", "check", "."])
    run([python, "-m", "mypy"])
    run([python, str(Path(python).with_name("lint-imports"))])
    if "--main-job" in sys.argv[1:]:
        run(main_job)
    run(test_command)


if __name__ == "__main__":
    main()
