"""Keyboard, accessibility, theme and size: D100 to D112."""

import time

from selenium.webdriver.common.keys import Keys

from harness import fixture
from harness.browser import eventually
from harness.case import BrowserTest
from harness.fixture import VIP, email
from harness.looks import Picture, measure
from harness.places import DIALOGS, PAGES


class Keyboard(BrowserTest):
    def tab_stops(self, most=150):
        """Role and name of everything that Tab reaches, once round, and how its focus is drawn."""
        stops = []
        self.page.js("document.activeElement.blur()")
        for _ in range(most):
            self.page.press("Tab")
            stop = self.page.focused()
            if self.page.js("return document.activeElement === document.body") or (stops and stop == stops[0][:2]):
                break
            stops.append((*stop, measure(self.page, "ring")))
        return stops

    def test_D100_tab_order(self):
        self.open_groups()
        eventually(lambda: "37" in self.table().column("Customers"))
        stops = self.tab_stops()
        names = [name for _, name, _ in stops]
        for role, name, ring in stops:
            self.assertTrue(name, f"a {role} without a name after {names}")
            self.assertTrue(ring["drawn"], f"no ring on {role} {name}")
            self.assertGreaterEqual(ring["contrast"], 3, f"the ring on {role} {name}")
        wanted = ["Skip to content", "Customers", "Customer Groups", "Price Lists", "Create", "Add filter", "Search",
                  "Sort by", "VIP", "Actions for VIP", "Empty group", "Next"]
        order = [self._index(names, name) for name in wanted]
        self.assertEqual(order, sorted(order), list(zip(wanted, order)))

    @staticmethod
    def _index(names, wanted):
        for at, name in enumerate(names):
            if name == wanted or name.startswith(wanted + ":"):
                return at
        raise AssertionError(f"Tab never reaches {wanted}: {names}")

    def test_D100_skip_link(self):
        self.open_groups()
        self.page.js("document.activeElement.blur()")
        self.page.press("Tab")
        self.page.focus_is("link", "Skip to content")
        self.page.press("Enter")
        self.page.press("Tab")
        eventually(lambda: self.page.js("return document.activeElement.closest('main') !== null"), True,
                   "Tab goes on in the content")

    def test_D101_shortcuts(self):
        self.open_groups()
        for keys, path in (("gu", "/app/customers"), ("gl", "/app/price-lists"), ("gg", "/app/customer-groups"),
                           ("GU", "/app/customers")):
            self.page.press(*keys)
            self.page.at(path).settled()
            self.table().settled()
        self.page.press("/")
        self.table().find("searchbox").is_focused()
        self.page.type("gg?/")
        self.assertEqual(self.table().find("searchbox").value, "gg?/")
        self.page.at("/app/customers")
        self.page.dialog().gone()
        self.page.js("document.activeElement.blur()")
        self.page.press("?")
        dialog = self.page.dialog("Keyboard shortcuts").shown()
        self.page.press("g", "g")
        self.page.at("/app/customers")
        self.page.find_switch(dialog).click()
        self.page.press("Esc")
        dialog.gone()
        self.page.open("/app/customer-groups")
        self.page.press("g", "u", "?")
        self.page.at("/app/customer-groups")
        self.page.dialog().gone()
        # They come back through the user's menu, as ? is off.
        self.page.find("button", fixture.EMAIL, part=True).click()
        self.page.choose("Keyboard shortcuts")
        dialog.shown()
        self.page.find_switch(dialog).click()
        self.page.press("Esc")
        dialog.gone()
        self.page.press("g", "u")
        self.page.at("/app/customers")

    def test_D101_sequence_times_out(self):
        self.open_groups()
        self.page.press("g")
        time.sleep(1.1)  # time itself is what is tested
        self.page.press("u")
        self.page.at("/app/customer-groups")
        self.page.press("g", "u")
        self.page.at("/app/customers")

    def opened_and_left(self, open_, opener):
        """Opens a dialog, looks at what every dialog must have, and leaves it by Escape."""
        open_()
        eventually(lambda: self.page.js("return document.querySelector(':modal') !== null"))
        dialog = "const dialog = [...document.querySelectorAll(':modal')].at(-1);"
        self.assertTrue(self.page.js(dialog + "return dialog.computedName"), "it has a name")
        self.assertIn(self.page.js(dialog + "return dialog.computedRole"), ("dialog", "alertdialog"))
        self.page.settled()
        eventually(lambda: self.page.js(dialog + "return dialog.contains(document.activeElement)"), True,
                   "the focus is inside")
        self.page.js(dialog + """
            window.outside = [];
            addEventListener("focusin", ({ target }) =>
                dialog.isConnected && !dialog.contains(target) && outside.push(target.computedName));""")
        self.page.type(Keys.TAB * 30)
        self.page.press("Shift+Tab", "Shift+Tab")
        self.assertEqual(self.page.js("return outside"), [], "the focus left the dialog for")
        while self.page.js("return document.activeElement === document.body"):
            self.page.press("Tab")  # from the browser's own controls back into the page
        self.page.press("Esc")
        eventually(lambda: self.page.js("return document.querySelector(':modal')"), None, "it is closed")
        opener.is_focused()

    def test_D102_dialogs_of_a_group(self):
        page = self.page
        self.open_groups()
        create = page.find_create()
        self.opened_and_left(create.click, create)
        actions = page.button("Actions for VIP")
        self.opened_and_left(lambda: self.table().action("VIP", "Delete"), actions)
        self.open_vip()
        group_actions = page.button("Group actions")

        def edit():
            group_actions.click()
            page.choose("Edit")
        self.opened_and_left(edit, group_actions)
        for region, name in (("Customers", "Add"), ("Metadata", "Edit metadata"), ("JSON", None)):
            section = page.find("region", region)
            opener = page.find_named(name, section) if name else page.find("button", None, section)
            self.opened_and_left(opener.click, opener)
        member = self.table("Customers").column("Email")[0]
        self.opened_and_left(lambda: self.table("Customers").action(member, "Remove"),
                             page.button(f"Actions for {member}"))

    def test_D102_other_dialogs(self):
        page = self.page
        for path, name, role in (("/app/customers", "Create", None), ("/app/price-lists", "Create", None)):
            page.open(path)
            opener = page.find_create()
            self.opened_and_left(opener.click, opener)
        page.open("/app/customers/cus_033")
        for region, name in (("Customer groups", "Add"), ("Metadata", "Edit metadata")):
            opener = page.find_named(name, page.find("region", region))
            self.opened_and_left(opener.click, opener)
        page.open("/app/price-lists/pl_trade")
        opener = page.find_named("Edit", page.find("region", "Conditions"))
        self.opened_and_left(opener.click, opener)
        self.open_groups()
        search = self.table().button("Add filter").focus()
        self.opened_and_left(lambda: page.press("Control+k"), search)
        self.opened_and_left(lambda: page.press("?"), search)

    def test_D102_escape_when_nothing_has_the_focus(self):
        self.page.open("/app/customer-groups/cgrp_vip/edit")
        dialog = self.page.dialog().shown()
        self.page.heading("Edit customer group", dialog).click()
        self.page.press("Esc")
        dialog.gone()
        self.page.at("/app/customer-groups/cgrp_vip")

    def tree(self):
        """Chromium's accessibility tree: role, name, properties of what is not ignored."""
        nodes = self.page.cdp("Accessibility.getFullAXTree")["nodes"]
        return [(n["role"]["value"], n.get("name", {}).get("value", "").strip(),
                 {p["name"]: p["value"].get("value") for p in n.get("properties", [])})
                for n in nodes if not n["ignored"]]

    def test_D103_tree_of_pages(self):
        self.page.cdp("Accessibility.enable")
        for path in PAGES:
            with self.subTest(path):
                self.page.open(path)
                nodes = self.tree()
                self.assertEqual(len([n for n in nodes if n[0] == "heading" and n[2].get("level") == 1]), 1, "h1")
                self.assertEqual(len([n for n in nodes if n[0] == "main"]), 1, "main")
                self.assertEqual(sorted(n[1] for n in nodes if n[0] == "navigation"), ["Breadcrumb", "Main"])
                self.everything_has_a_name(nodes)
                tables = self.page.js("""
                    return [...document.querySelectorAll("main table")].filter((t) => t.checkVisibility()).map((table) => [
                        table.caption?.textContent.trim() ?? "",
                        [...table.tHead.querySelectorAll("th")].every((th) => th.scope === "col"),
                        [...table.tHead.querySelectorAll("td")].length,
                        [...table.querySelectorAll("th[aria-sort]")].filter((th) => th.getAttribute("aria-sort") !== "none").length])""")
                self.assertTrue(tables)
                for caption, has_scope, headless, sorted_ in tables:
                    self.assertTrue(caption, "a table has a caption")
                    self.assertTrue(has_scope and not headless, f"{caption}: every column has a header")
                    self.assertLessEqual(sorted_, 1, f"{caption}: columns that are sorted")

    def test_D103_tree_of_dialogs(self):
        self.page.cdp("Accessibility.enable")
        for path in DIALOGS:
            with self.subTest(path):
                self.page.open(path)
                self.page.dialog().shown()
                nodes = self.tree()
                self.assertTrue([n for n in nodes if n[0] == "dialog" and n[1]], "a dialog with a name")
                self.everything_has_a_name(nodes)

    def test_D103_tree_of_the_login(self):
        self.page.cdp("Network.clearBrowserCookies")
        self.expect_status("/admin/", 401)
        self.page.open("/app/login")
        nodes = self.tree()
        self.assertEqual(len([n for n in nodes if n[0] == "heading" and n[2].get("level") == 1]), 1)
        self.assertEqual(len([n for n in nodes if n[0] == "main"]), 1)
        self.everything_has_a_name(nodes)

    def everything_has_a_name(self, nodes):
        roles = {"button", "link", "textbox", "searchbox", "checkbox", "radio", "combobox", "switch", "spinbutton",
                 "menuitem", "menuitemradio", "Date", "DateTime", "table", "dialog", "alertdialog", "navigation",
                 "region", "image", "img", "PopUpButton", "popUpButton", "progressbar"}
        self.assertEqual([n[0] for n in nodes if n[0] in roles and not n[1]], [], "nameless")
        self.assertTrue([n for n in nodes if n[0] == "button"])

    def test_D104_live_regions(self):
        members = self.open_vip("?order=email")
        self.page.js("for (const region of document.querySelectorAll('[role=status], [role=alert]'))"
                     "region.dataset.before = 'yes'")
        members.action(email(1), "Remove")
        self.page.button("Continue", self.page.prompt()).click()
        before = "return [...document.querySelectorAll(arguments[0])].map((region) => region.innerText).join(' ')"
        eventually(lambda: self.page.js(before, "[role=status][data-before=yes][aria-live=polite]"),
                   lambda text: "1 customer removed from VIP" in text, "the toast")
        self.fail_with("POST", f"^/admin/customer-groups/{VIP}$", 500)
        self.page.button("Group actions").click()
        self.page.choose("Edit")
        self.page.field("Name").fill("Other")
        self.page.press("Control+Enter")
        eventually(lambda: self.page.js(before, "[role=alert][data-before=yes]"),
                   lambda text: "Something broke" in text and "req-of-the-test" in text, "the error")
        self.assertEqual(self.page.field("Name").value, "Other")

    def test_D104_a_toast_covers_no_button(self):
        members = self.open_vip("?order=email")
        members.action(email(1), "Remove")
        self.page.button("Continue", self.page.prompt()).click()
        self.page.status("1 customer removed from VIP")
        self.page.button("Group actions").click()
        self.page.choose("Edit")
        self.page.dialog("Edit customer group").shown()
        self.page.status("1 customer removed from VIP")
        covered = self.page.js("""
            return [...document.querySelectorAll("dialog[open] button")].filter((button) => !button.closest(".toast, [role=status]"))
                .filter((button) => {
                    const box = button.getBoundingClientRect();
                    const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
                    return !button.contains(top);
                }).map((button) => button.computedName)""")
        self.assertEqual(covered, [])

    def choose_theme(self, name):
        self.page.find("button", fixture.EMAIL, part=True).click()
        self.page.find_item(name if self.page.find("menuitemradio", name).now() else "Theme").click()
        if self.page.find("menuitemradio", name).now():
            self.page.find("menuitemradio", name).click()

    def test_D105_dark_and_light(self):
        self.open_groups()
        background = lambda: measure(self.page, "background")  # noqa: E731
        eventually(background, lambda light: light > 0.8, "light by default")
        self.page.emulate(prefers_color_scheme="dark")
        eventually(background, lambda light: light < 0.1, "dark without a reload")
        self.choose_theme("Light")
        eventually(background, lambda light: light > 0.8, "light was chosen")
        self.page.reload()
        eventually(background, lambda light: light > 0.8, "light after a reload")
        self.assertEqual(self.page.js("return localStorage.getItem('cohort-theme')"), "light")
        self.choose_theme("System")
        eventually(background, lambda light: light < 0.1, "dark again")

    def test_D105_no_light_first_frame(self):
        self.open_groups()
        self.choose_theme("Dark")
        eventually(lambda: measure(self.page, "background"), lambda light: light < 0.1)
        held = self.hold("GET", "^/admin/")
        self.page.driver.refresh()  # returns at DOMContentLoaded
        picture = Picture(self.page, (0, 0, 1280, 800), scale=0.25)
        self.assertTrue(held.caught or not self.page.find("table").now(), "before there is anything to show")
        self.assertGreater(picture.share(lambda p: max(p) < 100), 0.95, "dark pixels of the first frame")

    def low_contrasts(self):
        found = {}
        for theme in ("light", "dark"):
            self.page.emulate(prefers_color_scheme=theme)
            low = measure(self.page, "texts")
            if low:
                found[theme] = low
        return found

    def test_D106_contrast_of_pages(self):
        for path in PAGES:
            with self.subTest(path):
                self.page.emulate(prefers_color_scheme="light", prefers_reduced_motion="reduce")
                self.page.open(path)
                self.assertEqual(self.low_contrasts(), {})

    def test_D106_contrast_of_dialogs(self):
        for path in DIALOGS:
            with self.subTest(path):
                self.page.emulate(prefers_color_scheme="light", prefers_reduced_motion="reduce")
                self.page.open(path)
                self.page.dialog().shown()
                self.assertEqual(self.low_contrasts(), {})

    def test_D106_contrast_of_passing_things(self):
        """Prompt, bar, toast, menu, errors, empty lists, and the ring."""
        self.page.emulate(prefers_reduced_motion="reduce")
        members = self.open_vip("?order=email")
        members.select(email(1))
        self.page.find("region", "Bulk actions").shown()
        self.assertEqual(self.low_contrasts(), {}, "bar")
        self.page.press("r")
        self.page.prompt().shown()
        self.assertEqual(self.low_contrasts(), {}, "prompt")
        for theme in ("light", "dark"):
            self.page.emulate(prefers_color_scheme=theme)
            ring = measure(self.page, "ring")
            self.assertTrue(ring["drawn"])
            self.assertGreaterEqual(ring["contrast"], 3, f"ring, {theme}")
        self.page.button("Continue", self.page.prompt()).click()
        self.page.status("removed")
        self.assertEqual(self.low_contrasts(), {}, "toast")
        self.page.button("Group actions").click()
        self.page.menu().shown()
        self.assertEqual(self.low_contrasts(), {}, "menu")
        self.page.open(f"/app/customer-groups/{VIP}?q=zzz")
        self.assertEqual(self.low_contrasts(), {}, "no results")
        self.page.open("/app/customer-groups/create")
        self.page.button("Create", self.page.dialog()).click()
        self.invalid(self.page.field("Name"))
        self.assertEqual(self.low_contrasts(), {}, "invalid field")

    def test_D107_narrow_pages(self):
        self.page.resize(360, 740, mobile=True)
        for path in PAGES:
            with self.subTest(path):
                self.page.open(path)
                self.assertLessEqual(measure(self.page, "sideways"), 0, "scrolls sideways")
                self.assertEqual(measure(self.page, "small"), [], "too small")
                self.assertEqual(self.page.find("navigation", "Main").now(), [], "the nav is put away")
        self.page.button("Menu").click()
        nav = self.page.find("navigation", "Main").shown()
        self.page.link("Customer Groups", nav).click()
        self.page.at("/app/customer-groups")
        self.page.find("navigation", "Main").gone()

    def test_D107_narrow_dialogs(self):
        self.page.resize(360, 740, mobile=True)
        for path in DIALOGS:
            with self.subTest(path):
                self.page.open(path)
                dialog = self.page.dialog().shown()
                width = eventually(lambda: self.page.js(
                    "const r = arguments[0].getBoundingClientRect(); return [r.left, r.right]", dialog), [0, 360],
                    "full width")
                self.assertEqual(width, [0, 360])
                self.assertLessEqual(measure(self.page, "sideways"), 0)
                self.assertEqual(measure(self.page, "small"), [])

    def test_D107_the_bar_covers_nothing(self):
        self.page.resize(360, 740, mobile=True)
        members = self.open_vip("?order=email")
        members.select(email(1))
        bar = self.page.find("region", "Bulk actions").shown()
        # At the page's end, and where the keyboard leads to the last row.
        for act in ("scrollTo(0, document.documentElement.scrollHeight); return document.querySelector('main').lastElementChild",
                    "const box = arguments[0]; scrollTo(0, 0); box.focus(); return box"):
            last = self.page.js(act, members.checkbox(email(10)))
            bottom, top = self.page.js("""
                return [arguments[0].getBoundingClientRect().bottom, arguments[1].getBoundingClientRect().top]""", last, bar)
            self.assertLessEqual(bottom, top + 0.5)

    def test_D108_reduced_motion(self):
        self.page.emulate(prefers_reduced_motion="reduce")
        self.open_vip()
        self.page.button("Group actions").click()
        self.page.choose("Edit")
        running = self.page.driver.execute_async_script("""
            const done = arguments[0];
            const look = () => document.querySelector("dialog[open]")
                ? setTimeout(() => done(document.getAnimations().filter((a) => a.playState === "running").length), 50)
                : requestAnimationFrame(look);
            look();""")
        self.assertEqual(running, 0)

    def test_D109_forced_colours(self):
        self.page.emulate(forced_colors="active")
        self.page.open(f"/app/customer-groups/{VIP}?order=email")
        members = self.table("Customers").settled()
        self.assertTrue(self.page.js("return matchMedia('(forced-colors: active)').matches"))

        def picture_of(element, margin=4):
            box = self.page.js("const r = arguments[0].getBoundingClientRect(); return [r.x, r.y, r.width, r.height]", element)
            return Picture(self.page, (box[0] - margin, box[1] - margin, box[2] + 2 * margin, box[3] + 2 * margin))
        box = members.checkbox(email(1))
        self.page.js("arguments[0].scrollIntoView({ block: 'center' })", box)
        before = picture_of(box)
        box.click()
        self.page.js("document.activeElement.blur()")
        self.assertFalse(picture_of(box).rows == before.rows, "selection")
        add = self.page.button("Group actions")
        self.page.js("arguments[0].scrollIntoView({ block: 'center' })", add)
        before = picture_of(add)
        add.focus()
        self.page.press("Tab", "Shift+Tab")
        add.is_focused()
        self.assertFalse(picture_of(add).rows == before.rows, "focus")
        # Without colours a badge is told by its border.
        badges = self.page.js("""
            return [...document.querySelectorAll("td")].filter((td) => ["Registered", "Guest"].includes(td.innerText.trim()))
                .slice(0, 2).map((td) => { let at = td; while (at.firstElementChild) at = at.firstElementChild;
                    const style = getComputedStyle(at); return [style.borderTopStyle, parseFloat(style.borderTopWidth)] })""")
        self.assertTrue(badges)
        for style, width in badges:
            self.assertNotEqual(style, "none")
            self.assertGreaterEqual(width, 1)

    def test_the_last_filter_that_is_added_has_the_focus(self):
        self.open_groups("?created_at=90d").settled()
        self.page.button("Add filter").focus()
        self.page.press("Enter")
        self.page.find("menuitem", "Updated").shown()
        self.page.press("Enter")
        self.page.find("radio", "Custom").shown()
        eventually(lambda: self.page.js("return document.activeElement !== document.body"), True)

    def test_D110_history(self):
        groups = self.open_groups()
        begin = self.page.js("return history.length")
        groups.add_filter("Created")
        self.page.find("radio", "Last 12 months").click()
        self.page.press("Esc")
        self.page.at("/app/customer-groups", created_at="12m")
        groups.settled().says("1 – 20 of 45 results").next().says("21 – 40 of 45 results")
        names = groups.column("Name")
        groups.open(names[0])
        self.page.heading(names[0]).shown()
        self.page.button("Group actions").click()
        self.page.choose("Edit")
        self.page.dialog("Edit customer group").shown()
        self.page.press("Esc")
        self.page.dialog().gone()
        # Closing went back, so the edit lies ahead: filter, page 2, details, edit.
        self.assertEqual(self.page.js("return history.length") - begin, 4)
        self.page.back()
        groups.has("Name", names)
        self.page.at("/app/customer-groups", created_at="12m", offset="20")
        self.page.button("Remove filter Created").shown()
        self.page.back()
        self.page.at("/app/customer-groups", created_at="12m", offset=None)
        groups.says("1 – 20 of 45 results")
        self.page.back()
        self.page.at("/app/customer-groups", created_at=None)
        self.page.button("Remove filter Created").gone()
        self.page.forward()
        self.page.at("/app/customer-groups", created_at="12m")
        self.page.button("Remove filter Created").shown()
        self.page.forward()
        groups.has("Name", names)
        self.page.forward()
        self.page.heading(names[0]).shown()
        self.page.forward()
        self.page.dialog("Edit customer group").shown()
        self.page.back()
        self.page.dialog().gone()
        self.page.back()
        groups.has("Name", names)

    def test_D110_scroll_position(self):
        groups = self.open_groups()
        self.page.js("scrollTo(0, 300)")
        eventually(lambda: self.page.js("return scrollY"), lambda y: y > 0)
        was = self.page.js("return scrollY")
        self.page.js("arguments[0].click()", groups.link("Group 30"))
        self.page.heading("Group 30").shown()
        eventually(lambda: self.page.js("return scrollY"), 0)
        self.page.focus_is("heading", "Group 30")
        self.page.back()
        groups.link("Group 30").shown()
        eventually(lambda: self.page.js("return scrollY"), was)

    def test_D111_ten_thousand_groups(self):
        self.world.sql("""
            INSERT INTO customer_group (id, name, created_at, updated_at)
            SELECT 'cgrp_many_' || n, 'Many ' || n, '2025-01-01Z', '2025-01-01Z' FROM generate_series(1, 9955) AS n;
            ANALYZE customer_group;""")
        self.page.cdp("Page.addScriptToEvaluateOnNewDocument", source="""
            window.longest = 0;
            new PerformanceObserver((list) => { for (const entry of list.getEntries()) longest = Math.max(longest, entry.duration); })
                .observe({ type: "longtask", buffered: true });
            new MutationObserver((_, observer) => {
                if (!document.querySelector("main tbody tr:not([aria-hidden]) a")) return;
                observer.disconnect();
                window.ready = performance.now();
            }).observe(document, { childList: true, subtree: true });""")
        # Straight to the service: the proxy would be measured too. The best of some: the machine may be busy.
        times, longest = [], []
        for _ in range(6):
            self.page.driver.get(f"http://127.0.0.1:{self.world.port}/app/customer-groups")
            self.page.settled()
            times.append(eventually(lambda: self.page.js("return window.ready"), lambda ready: ready))
            longest.append(self.page.js("return window.longest"))
        self.table().says("1 – 20 of 10,000 results", "1 of 500 pages")
        self.assertLess(min(times), 300, times)
        self.assertLessEqual(min(longest), 100, longest)
        self.open_groups("?offset=9980").says("9,981 – 10,000 of 10,000 results")
        for exchange in self.requests("GET", "^/admin/customer-groups"):
            self.assertLessEqual(exchange.answer_body.count(b'"object"') + exchange.answer_body.count(b'"created_at"'), 200)

    def test_D112_strange_names(self):
        long = "W" * 100 + "e" * 155
        emoji, arabic = "👩‍👩‍👧‍👦 Família 🎉", "عملاء مميزون (VIP)"
        self.world.sql(f"""
            UPDATE customer_group SET name = '{long}' WHERE id = 'cgrp_vip';
            UPDATE customer_group SET name = '{emoji}' WHERE id = 'cgrp_empty';
            UPDATE customer_group SET name = '{arabic}' WHERE id = 'cgrp_wholesale';""")
        for width in (1280, 360):
            self.page.resize(width, 800)
            groups = self.open_groups()
            for id, name in (("cgrp_vip", long), ("cgrp_empty", emoji), ("cgrp_wholesale", arabic)):
                with self.subTest(f"{width} {name[:10]}"):
                    self.page.open("/app/customer-groups")
                    groups.link(name).shown()
                    self.assertLessEqual(measure(self.page, "sideways"), 0, "the list scrolls sideways")
                    groups.action(name, "Delete")
                    prompt = self.page.prompt().shown()
                    prompt.says(name)
                    self.page.press("Esc")
                    prompt.gone()
                    self.page.open(f"/app/customer-groups/{id}")
                    heading = self.page.heading(name)
                    left, right = self.page.js(
                        "const r = arguments[0].getBoundingClientRect(); return [r.left, r.right]", heading)
                    self.assertGreaterEqual(left, 0)
                    self.assertLessEqual(right, width)
                    self.assertLessEqual(measure(self.page, "sideways"), 0, "the details scroll sideways")
                    if name != long:  # too long for a toast to hold whole
                        self.assertTrue(self.page.js("return arguments[0].querySelector('bdi') !== null", heading))
        self.page.open("/app/customer-groups/cgrp_vip/edit")
        self.assertEqual(self.page.field("Name").value, long)
        self.page.field("Name").fill("V" + long[1:])
        self.page.button("Save").click()
        self.page.dialog().gone()
        # The name is long in a toast, too. VIP comes last: it alone decides about price lists, and must be ticked.
        self.page.open("/app/customer-groups")
        for name in (emoji, arabic, "V" + long[1:]):
            groups.settled().action(name, "Delete")
            prompt = self.page.prompt().shown()
            if name.startswith("V"):
                self.page.find("checkbox", "I understand", prompt).click()
            self.page.button("Delete", prompt).click()
            prompt.gone()
            self.page.status(name)
            self.assertLessEqual(measure(self.page, "sideways"), 0, "a toast makes the page scroll sideways")
