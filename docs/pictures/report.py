"""Pictures of a report: ``report_desk.png`` and ``report_phone.png``, as a browser shows the page.

python docs/pictures/report.py exp/debian_voices/tdnn_c128/report.html
"""

import sys
import tempfile
from pathlib import Path

FOLDER = Path(__file__).parent
sys.path.insert(0, str(FOLDER.parents[1]))

from tests.browser import start_browser  # noqa: E402 (found in the folder above)

# Which heading is at the top of the window, whether it is on a desk or in a hand, and the window.
VIEWS = {
    "report_desk.png": ("Curves", 1140, 760, "light"),
    "report_phone.png": ("By speaker", 390, 760, "dark"),
}
HEADINGS = "[...document.querySelectorAll('h2, h3')]"


def main() -> None:
    """Take a picture of the window for each of VIEWS."""
    page = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder, start_browser(Path(folder)) as browser:
        for name, (heading, width, height, scheme) in VIEWS.items():
            browser.show(page, width, height, scheme=scheme)
            found = f"{HEADINGS}.find(e => e.textContent === '{heading}')"
            browser.value(f"{found}.scrollIntoView()")
            browser.picture(FOLDER / name, whole=False)


if __name__ == "__main__":
    main()
