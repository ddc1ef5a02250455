"""Chromium, and what a person does with a page: find things by role and name, click, type, read."""

import contextlib
import os
import time

from selenium import webdriver
from selenium.common.exceptions import (ElementClickInterceptedException, ElementNotInteractableException,
                                        JavascriptException, StaleElementReferenceException, WebDriverException)
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

# Long enough for a machine that builds something else at the same time; a passing test never waits for it.
PATIENCE_S = 10

with open(os.path.join(os.path.dirname(__file__), "find.js"), encoding="utf-8") as file:
    FIND = file.read()

# The console shows these too; here they are said in words that no browser changes.
REPORT_PROBLEMS = """
addEventListener("securitypolicyviolation", (event) =>
    console.error(`CSP: ${event.effectiveDirective} ${event.blockedURI} ${event.sample}`));
addEventListener("unhandledrejection", (event) => console.error(`unhandled: ${event.reason?.stack ?? event.reason}`));
"""


def eventually(read, wanted=True, what=None):
    """Waits until `read()` gives `wanted`, a value or a function that accepts one, and returns it."""
    accepts = wanted if callable(wanted) else lambda value: value == wanted
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            value, failure = read(), None
            if accepts(value):
                return value
        except (StaleElementReferenceException, JavascriptException) as stale:
            value, failure = None, stale
        if time.monotonic() > deadline:
            expected = "" if callable(wanted) else f", not {wanted!r}"
            raise AssertionError(f"{what or 'still'}: {str(failure or repr(value))[:1000]}{expected}")
        time.sleep(0.02)


class Browser:
    """One Chromium for the whole run; every test gets a tab without cookies or storage."""

    def __init__(self, directory):
        self._directory = directory

    def __enter__(self):
        options = Options()
        options.binary_location = "/usr/bin/chromium"
        # No sandbox: it refuses root and needs what containers often lack, and all pages are our own.
        for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--lang=en-US",
                         "--no-first-run", "--hide-scrollbars", "--disable-background-networking",
                         "--enable-blink-features=ComputedAccessibilityInfo",
                         f"--user-data-dir={self._directory}/chromium"):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        # Reads wait for the state they want themselves.
        options.set_capability("pageLoadStrategy", "eager")
        service = Service("/usr/bin/chromedriver", env={**os.environ, "TZ": "UTC", "LANG": "en_US.UTF-8"})
        self.driver = webdriver.Chrome(options=options, service=service)
        self.driver.set_page_load_timeout(30)
        self.driver.set_script_timeout(30)
        return self

    def __exit__(self, *_):
        with contextlib.suppress(WebDriverException):
            self.driver.quit()

    def fresh_page(self, origin):
        """A tab with nothing of an earlier one left: no history, cookie, storage or emulation."""
        driver = self.driver
        former = driver.window_handles
        driver.switch_to.new_window("tab")
        kept = driver.current_window_handle
        for handle in former:
            driver.switch_to.window(handle)
            driver.close()
        driver.switch_to.window(kept)
        page = Page(driver, origin)
        page.cdp("Network.enable")
        page.cdp("Network.clearBrowserCookies")
        page.cdp("Storage.clearDataForOrigin", origin=origin, storageTypes="all")
        page.prepare()
        driver.get_log("browser")
        return page


class Page:
    """The current tab."""

    def __init__(self, driver, origin):
        self.driver, self.origin = driver, origin

    def prepare(self):
        """What a tab needs before it loads anything."""
        self.cdp("Page.enable")
        self.cdp("Page.addScriptToEvaluateOnNewDocument", source=REPORT_PROBLEMS)
        self.cdp("Emulation.setTimezoneOverride", timezoneId="UTC")
        self.resize(1280, 800)

    def cdp(self, command, **parameters):
        return self.driver.execute_cdp_cmd(command, parameters)

    def js(self, script, *arguments):
        return self.driver.execute_script(script, *(a.element() if isinstance(a, Thing) else a for a in arguments))

    # Where it is

    def open(self, path):
        self.driver.get(self.origin + path)
        return self.settled()

    def reload(self):
        self.driver.refresh()
        return self.settled()

    def back(self):
        self.driver.back()
        return self

    def forward(self):
        self.driver.forward()
        return self

    @property
    def url(self):
        """Path and query."""
        return self.js("return location.pathname + location.search")

    @property
    def path(self):
        return self.js("return location.pathname")

    @property
    def query(self):
        return self.js("return Object.fromEntries(new URLSearchParams(location.search))")

    @property
    def title(self):
        return self.driver.title

    def at(self, path, **query):
        """Waits for a path and, where given, these parameters of the query; None for one that must be absent."""
        eventually(lambda: self.path, path, "the path is")
        for name, value in query.items():
            eventually(lambda: self.query.get(name), value, f"{name} in the query is")
        return self

    def settled(self):
        """Waits until something is shown and nothing is loading."""
        eventually(lambda: self.js(
            "return document.querySelector('h1') !== null && !document.querySelector('[aria-busy=true]')"),
            True, "nothing is loading")
        return self

    # What is on it

    def find(self, role, name=None, within=None, part=False):
        return Thing(self, role, name, within, part)

    def button(self, name, within=None):
        return self.find("button", name, within)

    def link(self, name, within=None):
        return self.find("link", name, within)

    def field(self, label, within=None):
        return self.find("field", label, within)

    def heading(self, name=None, within=None):
        return self.find("heading", name, within)

    def dialog(self, name=None):
        return self.find("dialog", name)

    def prompt(self, name=None):
        return self.find("alertdialog", name)

    def menu(self):
        return self.find("menu")

    def menu_item(self, name):
        return self.find("menuitem", name)

    def find_named(self, name, within=None):
        """A button or a link: what leads to an address of its own is the one, whatever it looks like."""
        def seek():
            return next((t for t in (self.find(role, name, within) for role in ("link", "button"))
                         if len(t.now()) == 1), None)
        return eventually(seek, lambda found: found is not None, name)

    def find_create(self):
        return self.find_named("Create", self.css("main"))

    def find_switch(self, within):
        """The one thing in there that is on or off."""
        return self.css("input[type=checkbox], [role=switch]", within)

    def css(self, selector, within=None):
        """What has no role of its own. Names in the source of the page are no promise: use the others."""
        return Selected(self, selector, within)

    @property
    def text(self):
        return self.js("return document.body.innerText")

    def shows(self, text):
        """Waits until the text is somewhere on the page."""
        eventually(lambda: text in self.text, True, f"{text!r} is shown")
        return self

    def status(self, text):
        """Waits until a success is told."""
        self.find("status").says(text)

    def alert(self, text):
        """Waits until an error is told, in a toast, a form or a prompt."""
        self.find("alert").says(text)

    def focused(self):
        """Role and name of what has the focus."""
        return tuple(self.js(
            "const e = document.activeElement; return [e.computedRole, e.computedName.replace(/\\s+/g, ' ').trim()]"))

    def focus_is(self, role, name=None):
        eventually(lambda: self.focused(),
                   lambda at: at[0] == role and name in (None, at[1]), f"the focus is on {role} {name}: it")

    # What a person does

    def press(self, *chords):
        """Keys to whatever has the focus: `r`, `Enter`, `Shift+R`, `Control+Enter`."""
        for chord in chords:
            *modifiers, key = chord.split("+") if len(chord) > 1 else [chord]
            actions = ActionChains(self.driver, duration=0)
            held = [getattr(Keys, name.upper()) for name in modifiers]
            for modifier in held:
                actions.key_down(modifier)
            actions.send_keys(key if len(key) == 1 else getattr(Keys, KEYS.get(key, key.upper())))
            for modifier in reversed(held):
                actions.key_up(modifier)
            actions.perform()
        return self

    def type(self, text):
        ActionChains(self.driver, duration=0).send_keys(text).perform()
        return self

    def choose(self, *names):
        """Items of the menu that is open, one in the other's submenu where there are several."""
        for name in names:
            self.find_item(name).click()

    def find_item(self, name):
        def seek():
            for role in ("menuitem", "menuitemradio", "menuitemcheckbox"):
                found = self.find(role, name)
                if found.now():
                    return found
            return None
        return eventually(seek, lambda found: found is not None, f"menu item {name}")

    # What it says

    def console(self):
        return self.driver.get_log("browser")

    def emulate(self, **features):
        """Media features: `prefers_color_scheme="dark"`."""
        self.cdp("Emulation.setEmulatedMedia", features=[
            {"name": name.replace("_", "-"), "value": value} for name, value in features.items()])

    def resize(self, width, height, mobile=False):
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=mobile)


KEYS = {"ArrowDown": "ARROW_DOWN", "ArrowUp": "ARROW_UP", "ArrowLeft": "ARROW_LEFT", "ArrowRight": "ARROW_RIGHT",
        "Esc": "ESCAPE", "PageDown": "PAGE_DOWN"}


class Thing:
    """Something on the page, sought anew whenever it is used, as the page may draw it anew at any time."""

    def __init__(self, page, role, name=None, within=None, part=False):
        self.page, self.role, self.name, self.within, self.part = page, role, name, within, part

    def __repr__(self):
        inside = f" in {self.within}" if self.within else ""
        return f"{self.role} {self.name!r}{inside}" if self.name else f"{self.role}{inside}"

    def now(self):
        """The elements at this moment."""
        root = None
        if self.within is not None:
            roots = self.within.now()
            if not roots:
                return []
            root = roots[0]
        return self.page.js(FIND, root, self.role, self.name, self.part)

    def element(self):
        """The one element; two that a person could not tell apart are an error."""
        return eventually(self.now, lambda found: len(found) == 1, f"exactly one {self}")[0]

    def first(self):
        return eventually(self.now, lambda found: found, f"a {self}")[0]

    def shown(self):
        self.element()
        return self

    def gone(self):
        eventually(self.now, [], f"no {self}")
        return self

    @property
    def is_shown(self):
        return bool(self.now())

    def _do(self, act):
        """Tries until it works: what is under the pointer may still be moving or be drawn anew."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            element = self.element()
            try:
                return act(element)
            except (StaleElementReferenceException, ElementClickInterceptedException,
                    ElementNotInteractableException):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)

    def click(self):
        self._do(lambda element: element.click())
        return self

    def double_click(self):
        self._do(lambda element: ActionChains(self.page.driver, duration=0).double_click(element).perform())
        return self

    def click_with(self, modifier):
        key = getattr(Keys, modifier.upper())
        self._do(lambda element: ActionChains(self.page.driver, duration=0)
                 .key_down(key).click(element).key_up(key).perform())
        return self

    def hover(self):
        self._do(lambda element: ActionChains(self.page.driver, duration=0).move_to_element(element).perform())
        return self

    def focus(self):
        self._do(lambda element: self.page.js("arguments[0].focus()", element))
        return self

    def fill(self, text):
        """Replaces the text as a person would: select all, type over it."""
        def act(element):
            element.click()
            keys = [Keys.CONTROL + "a" + Keys.NULL] + ([text] if text else [Keys.DELETE])
            element.send_keys(*keys)
        self._do(act)
        return self

    def set(self, value):
        """The value of a native date or time control, whose keys depend on the language."""
        self._do(lambda element: self.page.js("""
            arguments[0].value = arguments[1];
            arguments[0].dispatchEvent(new Event("input", { bubbles: true }));
            arguments[0].dispatchEvent(new Event("change", { bubbles: true }));""", element, value))
        return self

    @property
    def text(self):
        return eventually(lambda: self.page.js("return arguments[0].innerText", self.element()),
                          lambda text: text is not None).strip()

    @property
    def value(self):
        return self.get("value")

    def get(self, name):
        return eventually(lambda: [self.page.js("return arguments[0][arguments[1]]", self.element(), name)],
                          lambda found: True)[0]

    def attribute(self, name):
        return eventually(lambda: [self.page.js("return arguments[0].getAttribute(arguments[1])", self.element(), name)],
                          lambda found: True)[0]

    def says(self, text):
        eventually(lambda: self.page.js("return arguments[0].map((element) => element.innerText).join(' ')", self.now()),
                   lambda has: text in " ".join(has.split()), f"{self} says {text!r}; it says")
        return self

    def is_focused(self):
        eventually(lambda: self.page.js("return document.activeElement === arguments[0]", self.element()), True,
                   f"{self} has the focus")
        return self

    @property
    def description(self):
        """What aria-describedby points to."""
        return self.page.js("""
            return (arguments[0].getAttribute("aria-describedby") ?? "").split(/\\s+/).filter(Boolean)
                .map((id) => document.getElementById(id)?.textContent ?? "").join(" ").trim()""", self.element())


class Selected(Thing):
    def __init__(self, page, selector, within=None, index=None):
        super().__init__(page, selector, None, within)
        self.index = index

    def at(self, index):
        """One of several, counted from 0."""
        return Selected(self.page, self.role, self.within, index)

    def now(self):
        root = None
        if self.within is not None:
            roots = self.within.now()
            if not roots:
                return []
            root = roots[0]
        found = self.page.js("""
            return [...(arguments[0] ?? document).querySelectorAll(arguments[1])]
                .filter((element) => element.checkVisibility({ visibilityProperty: true }))""", root, self.role)
        return found if self.index is None else found[self.index:self.index + 1]
