"""Where Chromium is, and how it is started: by the benches, and by the tests."""

import shutil

# The headless shell is Chromium without the windows around its pages: opening a page costs a quarter.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
# As root Chromium has no sandbox; the rest keeps it from asking anybody outside.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
