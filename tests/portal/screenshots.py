"""`python -m portal.screenshots`, with tests/ on the path: remakes the pictures of the pages that README shows."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from cryptography.fernet import Fernet

from house import House
from portal import screens
from portal.frame import REPO, framed
from sandbox.server import start_in_thread

HERE = REPO / "include" / "invoice_portal" / "screenshots"
SHOTS = (("export", "light"), ("review", "light"), ("log", "dark"), ("document", "light"), ("authentication", "light"))


def main(folder: Path = HERE) -> int:
    """About a minute."""
    os.environ["INVOICE_SYNC_KEYS"] = Fernet.generate_key().decode()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as run_dir, start_in_thread() as sandbox:
        House.reset(sandbox)
        house = House.build(sandbox, Path(run_dir))
        with framed(house, Path(run_dir) / "frame") as frame, screens.browser() as browser:
            for room, theme in SHOTS:
                page = screens.logged_in(browser, frame, theme=theme)
                screens.enter(page, frame, room)
                page.wait_for_timeout(600)
                screens.photograph(page, folder / f"{room}.png")
                page.context.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
