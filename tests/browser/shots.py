"""Pictures of the pages of a running server, to look at.

    python tests/browser/shots.py URL FOLDER name=/path?token=...

Each page is taken at 375 and 1280 px, in Chinese and English.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

WIDTHS = (375, 1280)


def take(base: str, folder: Path, pages: dict[str, str], dark: bool = False) -> list[Path]:
    """PNG files `name-language-width.png`, whole pages."""
    folder.mkdir(parents=True, exist_ok=True)
    taken = []
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--headless", "--no-sandbox", "--disable-gpu"]
        )
        for name, path in pages.items():
            for width in WIDTHS:
                context = browser.new_context(
                    viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light"
                )
                tab = context.new_page()
                for lang in ("zh", "en"):
                    tab.goto(base + path + ("&" if "?" in path else "?") + f"lang={lang}")
                    target = folder / f"{name}-{lang}-{width}.png"
                    tab.screenshot(path=target, full_page=True)
                    taken.append(target)
                context.close()
        browser.close()
    return taken


if __name__ == "__main__":
    base, folder, *named = sys.argv[1:]
    for path in take(base, Path(folder), dict(pair.split("=", 1) for pair in named)):
        print(path)
