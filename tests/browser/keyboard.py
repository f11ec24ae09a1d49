"""Using a page with the keyboard alone: Tab to a thing, by the name it is announced with, then a key."""

from __future__ import annotations

from playwright.sync_api import Page

MOST_STEPS = 150
FOCUSED = """() => {
  const thing = document.activeElement;
  if (!thing || thing === document.body) return ["", false];
  const label = thing.labels && thing.labels.length ? thing.labels[0].innerText : "";
  const words = thing.getAttribute("aria-label") || label || thing.innerText || thing.value || "";
  return [words.replaceAll("\\u00a0", " ").replace(/\\s+/g, " ").trim(), thing.matches("input, textarea, select")];
}"""


class Keyboard:
    """Only keys: no click, no selector. What cannot be reached by Tab cannot be reached at all."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def go_to(self, name: str, *, field: bool = False) -> None:
        """Tab until the focus is on the thing, or the field, whose announced name holds these words."""
        met = []
        for _ in range(MOST_STEPS):
            self.page.keyboard.press("Tab")
            focused, is_field = self.page.evaluate(FOCUSED)
            if name in focused and (is_field or not field):
                return
            met.append(focused)
        raise AssertionError(f"« {name} » was not met with Tab; met: {met[:60]}")

    def press(self, name: str) -> None:
        """Follow a link or push a button."""
        self.go_to(name)
        self.enter()

    def enter(self) -> None:
        """Enter where the focus is: the next page is there when this returns."""
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def type(self, name: str, text: str) -> None:
        """Fill a field."""
        self.go_to(name, field=True)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def sign_in(self, email: str) -> None:
        self.page.goto("/login")
        self.type("Adresse", email)
        self.type("Mot de passe", "etabli-demo")
        self.enter()

    def sign_out(self) -> None:
        self.page.context.clear_cookies()
