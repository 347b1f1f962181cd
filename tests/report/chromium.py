"""A page in a real browser: what it says, what it asks for, what it looks like."""

import io
import shutil

import numpy as np
from matplotlib.image import imread

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Where a dot is: screen coordinates from the plot's own scales.
PLACE = """name => {
  const view = [...Bokeh.index][0], [x, y] = [...view.model.document.all_models]
    .filter(m => m.name === "models").map(m => {
      const i = m.data.name.indexOf(name);
      const { x_scale, y_scale } = view.frame;
      return [x_scale.compute(m.data.x[i]), y_scale.compute(m.data.density[i])];
    })[0];
  const box = document.getElementById("interactive-plot").getBoundingClientRect();
  return [box.left + x, box.top + y];
}"""


def executable():
    """Path of a Chromium on this machine, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Visit:
    """One visit of a page; `faults` and `requests` fill by themselves."""

    def __init__(self, browser, address, *, before=None, **options):
        options = {"viewport": {"width": 1400, "height": 1000}} | options
        self.context = browser.new_context(offline=True, **options)
        self.tab = self.context.new_page()
        self.tab.set_default_timeout(8_000)
        self.faults, self.requests = [], []
        self.tab.on("console", lambda m: self.faults.append(m.text) if m.type != "log" else None)
        self.tab.on("pageerror", lambda error: self.faults.append(str(error)))
        self.tab.on("dialog", lambda box: (self.faults.append(box.message), box.dismiss()))
        self.tab.on("request", lambda request: self.requests.append(request.url))
        self.tab.on("websocket", lambda socket: self.requests.append(socket.url))
        if before:
            self.tab.add_init_script(before)
        self.tab.goto(address, timeout=60_000)

    def ready(self):
        self.tab.wait_for_selector("#interactive[data-ready=yes]", timeout=60_000)
        return self

    def settle(self):
        """Wait until what was asked for has been drawn."""
        self.tab.evaluate(
            "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame("
            "() => setTimeout(done, 60))))"
        )

    def place(self, name):
        """Centre of a model's dot, scrolled into view."""
        self.tab.locator("#interactive-plot").scroll_into_view_if_needed()
        return self.tab.evaluate(PLACE, name)

    @property
    def card(self):
        return self.tab.locator(".about-model")

    def pixels(self, colour, where="#interactive-plot"):
        """How many pixels of an element have a colour, `#rrggbb`, to within rounding."""
        self.settle()
        picture = imread(io.BytesIO(self.tab.locator(where).screenshot()), format="png")[..., :3]
        wanted = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        return int((np.abs(picture - wanted).max(axis=-1) < 0.02).sum())
