"""The one table component, as a person reads and works it."""

from harness.browser import Selected, Thing, eventually

READ = r"""
const tidy = (element) => element.innerText.replace(/\s+/g, " ").trim();
const seen = (element) => element.checkVisibility({ visibilityProperty: true }) && !element.closest("[aria-hidden=true]");
const [root] = arguments;
const table = [...root.querySelectorAll("table")].find(seen);
return {
    busy: root.closest("[aria-busy]")?.getAttribute("aria-busy") ?? root.querySelector("[aria-busy]")?.getAttribute("aria-busy"),
    headers: table ? [...table.tHead.querySelectorAll("th")].filter(seen).map(tidy) : [],
    rows: table ? [...table.tBodies].flatMap((body) => [...body.rows]).filter(seen).map((row) => [...row.cells].map(tidy)) : [],
    checked: table ? [...table.tBodies].flatMap((body) => [...body.rows]).filter(seen)
        .filter((row) => row.querySelector("input[type=checkbox]")?.checked).map((row) => tidy(row.querySelector("a, th, td:nth-child(2)"))) : [],
    text: root.innerText,
};
"""


class Section(Thing):
    """A section by its heading."""

    def __init__(self, page, name):
        super().__init__(page, "section", name)

    def now(self):
        return self.page.js("""
            return [...document.querySelectorAll("section[aria-labelledby]")].filter((section) => section.checkVisibility()
                && document.getElementById(section.getAttribute("aria-labelledby"))?.textContent.trim() === arguments[0])""",
                            self.name)


class Table:
    """A list with its toolbar and footer: the section of that name, or the only one there is."""

    def __init__(self, page, name=None, within=None):
        self.page = page
        if name is not None:
            # A list can be read behind a modal dialog, where Chromium computes no names any more.
            self.root = Section(page, name)
        elif within is not None:
            self.root = within
        else:
            self.root = Selected(page, "main section[aria-busy]")

    # What it shows

    def read(self):
        roots = self.root.now()
        return self.page.js(READ, roots[0]) if roots else {"rows": [], "headers": [], "text": "", "busy": None,
                                                          "checked": []}

    def column(self, header):
        """The texts of one column."""
        state = self.read()
        if not state["rows"]:
            return []
        index = state["headers"].index(header)
        return [row[index] for row in state["rows"]]

    def has(self, header, texts):
        """Waits until a column reads so."""
        eventually(lambda: self.column(header) if header in self.read()["headers"] else [], list(texts),
                   f"column {header} reads")
        return self

    def has_rows(self, count):
        eventually(lambda: len(self.read()["rows"]), count, "rows")
        return self

    def says(self, *texts):
        """Waits until the section says these texts, the footer's among them."""
        for text in texts:
            eventually(lambda: " ".join(self.read()["text"].split()), lambda has: text in has,
                       f"the list says {text!r}; it says")
        return self

    def settled(self):
        eventually(lambda: self.read()["busy"], "false", "aria-busy is")
        return self

    # What a person does with it

    def find(self, role, name=None, part=False):
        return Thing(self.page, role, name, self.root, part)

    def button(self, name):
        return self.find("button", name)

    def link(self, name):
        return self.find("link", name)

    def open(self, name):
        """Follows the link of a row."""
        self.link(name).click()

    def search(self, text):
        self.find("searchbox").fill(text)
        return self

    def select(self, *names):
        for name in names:
            self.find("checkbox", f"Select {name}").click()
        return self

    def checkbox(self, name):
        return self.find("checkbox", f"Select {name}")

    def action(self, row, *names):
        self.button(f"Actions for {row}").click()
        self.page.choose(*names)
        return self

    def next(self):
        self.button("Next").click()
        return self

    def previous(self):
        self.button("Previous").click()
        return self

    def add_filter(self, label):
        self.button("Add filter").click()
        self.page.choose(label)
        return self

    @property
    def checked(self):
        return self.read()["checked"]
