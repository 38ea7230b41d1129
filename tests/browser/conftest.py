"""A real Chromium for the stories: errors and policy violations fail the test; pictures are kept."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page
from playwright.sync_api import Error as BrowserError

from casehug.local.state import PROJECT

# Without the list of all that is well a look costs a quarter to a half less.
AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"], "resultTypes": ["violations"]}
PICTURES = Path(os.environ.get("CASEHUG_PICTURES", PROJECT / "artefacts"))


class Watched:
    """A browser window that remembers what went wrong in it."""

    def __init__(self, context: BrowserContext) -> None:
        self.context, self.page, self.faults = context, context.new_page(), []  # type: ignore[var-annotated]
        self.watch(self.page)

    def watch(self, page: Page) -> None:
        page.on("console", lambda message: message.type == "error" and self.faults.append(message.text))
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("requestfailed", lambda request: self._failed(request.url, request.failure))

    def _failed(self, url: str, failure: str | None) -> None:
        if failure and "ERR_ABORTED" not in failure:  # a poll cut off by leaving the page
            self.faults.append(f"{url}: {failure}")

    def picture(self, name: str) -> None:
        """Keep a screenshot of the whole page."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=PICTURES / f"{name}.png", full_page=True)

    def check(self) -> None:
        """Fail on accessibility violations of the page as it is drawn now."""
        self.page.wait_for_timeout(200)  # motion has ended
        found = Axe().run(self.page, options=AXE)
        assert found.violations_count == 0, f"{self.page.url}\n{found.generate_report()}"


def again(page: Page) -> None:
    """Load the page anew. While it is loading by itself the browser refuses that for a moment."""
    for _ in range(50):
        try:
            page.reload()
            return
        except BrowserError as error:
            if "Not attached to an active page" not in str(error):
                raise
            page.wait_for_timeout(100)
    raise AssertionError(f"{page.url} could not be loaded anew")


def look(view: Watched, name: str, url: str = "") -> None:
    """Keep a picture of the page as it is, or of another one; axe finds nothing and nothing sticks out."""
    if url:
        view.page.goto(url)
    view.picture(name)
    view.check()
    wider = view.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    assert not wider, f"{name} ({view.page.url}) is wider than the window"


@pytest.fixture
def window(chromium: Browser) -> Iterator[Callable[..., Watched]]:
    """Open windows: `window()` desktop, `window(width=390)` phone, `scheme="dark"`."""
    opened: list[Watched] = []

    def open_window(*, width: int = 1280, height: int = 900, scheme: str = "light") -> Watched:
        context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)  # type: ignore[arg-type]
        context.set_default_timeout(20_000)
        opened.append(Watched(context))
        return opened[-1]

    yield open_window
    faults = [fault for each in opened for fault in each.faults]
    for each in opened:
        each.context.close()
    assert faults == []
