"""The site is served, and the browser has nothing to say against it."""

from tests.browser.conftest import Site


def test_the_home_page_greets_in_one_heading(page, site: Site):
    answer = page.goto("/")
    assert answer.status == 200
    assert page.locator("h1").count() == 1
    assert page.locator("html").get_attribute("lang") == "fr"
