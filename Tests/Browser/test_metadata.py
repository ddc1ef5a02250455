"""The metadata editor: D70 to D77."""

import json

from harness.browser import eventually
from harness.case import BrowserTest
from harness.fixture import VIP

SAVE = f"^/admin/customer-groups/{VIP}$"
# jsonb keeps keys by length, then by bytes.
STORED = ["code", "note", "tags", "tier", "limits", "is_seller"]


class Metadata(BrowserTest):
    def open_editor(self):
        self.page.open(f"/app/customer-groups/{VIP}/metadata/edit")
        self.editor = self.page.dialog("Edit metadata").shown()
        return self.editor

    def rows(self):
        """Key, value, whether locked, of every row."""
        return self.page.js("""
            const grid = arguments[0].querySelector("table, [role=grid], [role=table]");
            return [...grid.querySelectorAll("tbody tr, [role=row]")]
                .filter((row) => !row.querySelector("th, [role=columnheader]"))
                .map((row) => {
                    const [key, value] = row.querySelectorAll("input:not([type=checkbox]), textarea");
                    return key && value && !key.readOnly ? [key.value, value.value, false]
                        : [(key?.value ?? row.cells[0].innerText).trim(), null, true];
                });""", self.editor)

    def keys(self):
        return [key for key, _, _ in self.rows()]

    def input(self, row, which):
        """The key (0) or value (1) of a row counted from 0."""
        return self.page.css(f"tbody tr:nth-child({row + 1}) input", self.editor).at(which)

    def key(self, row):
        return self.input(row, 0)

    def value(self, row):
        return self.input(row, 1)

    def row_menu(self, key, item):
        self.page.button(f"Row actions for {key}", self.editor).click()
        self.page.choose(item)

    def save(self):
        self.page.button("Save", self.editor).click()

    def stored(self):
        return json.loads(self.world.sql(f"SELECT metadata FROM customer_group WHERE id = '{VIP}'"))

    def add(self, key, value):
        """A row at the end, below the last one that can be edited."""
        last = [k for k, _, locked in self.rows() if not locked][-1]
        at = self.keys().index(last)
        if last:
            self.row_menu(last, "Insert row below")
            at += 1
            eventually(lambda: self.keys()[at], "")
        self.key(at).fill(key)
        self.value(at).fill(value)
        return at

    def test_D70_section_and_rows(self):
        self.open_vip()
        section = self.page.find("region", "Metadata")
        section.says("6 keys")
        self.page.find_named("Edit metadata", section).click()
        self.page.at(f"/app/customer-groups/{VIP}/metadata/edit")
        self.editor = self.page.dialog("Edit metadata").shown()
        self.assertEqual(self.rows(), [
            ["code", "007", False], ["note", "gold", False], ["tags", None, True], ["tier", "3", False],
            ["limits", None, True], ["is_seller", "true", False]])
        self.editor.says("Edit nested values through the API")
        self.assertEqual(self.page.button("Row actions for limits").now(), [])

    def opacity_of_menu(self):
        """Of the row `note`; 0 for one that cannot be seen."""
        return self.page.js("""
            const button = [...arguments[0].querySelectorAll("button")].find((b) => b.computedName === "Row actions for note");
            const style = getComputedStyle(button);
            return style.visibility === "hidden" ? 0 : Number(style.opacity);""", self.editor)

    def test_D71_row_menu_on_touch_screens(self):
        self.page.cdp("Emulation.setTouchEmulationEnabled", enabled=True, maxTouchPoints=5)
        self.open_editor()
        self.assertTrue(self.page.js("return matchMedia('(hover: none)').matches"))
        self.key(0).focus()
        eventually(self.opacity_of_menu, 1, "the menu of a row that is not in use")

    def test_D71_row_menu(self):
        self.open_editor()
        menu = self.page.button("Row actions for note", self.editor)

        opacity = self.opacity_of_menu
        self.page.cdp("Input.dispatchMouseEvent", type="mouseMoved", x=5, y=5)
        self.key(0).focus()
        eventually(opacity, 0, "the menu of a row that is not in use")
        self.key(1).focus()
        eventually(opacity, 1, "the menu of the row in focus")
        self.key(0).focus()
        eventually(opacity, 0)
        self.key(1).hover()
        eventually(opacity, 1, "the menu of the row under the pointer")
        menu.click()
        self.page.choose("Insert row above")
        eventually(self.keys, ["code", "", "note", "tags", "tier", "limits", "is_seller"])
        self.key(1).is_focused()
        self.row_menu("note", "Insert row below")
        eventually(self.keys, ["code", "", "note", "", "tags", "tier", "limits", "is_seller"])
        self.key(3).is_focused()
        self.row_menu("note", "Delete row")
        eventually(self.keys, ["code", "", "", "tags", "tier", "limits", "is_seller"])
        self.key(2).is_focused()
        self.assertEqual(self.writes(), [])

    def test_D72_row_menu_by_keyboard(self):
        self.open_editor()
        self.value(1).focus()
        for _ in range(4):
            self.page.press("Tab")
            if self.page.focused() == ("button", "Row actions for note"):
                break
        self.page.focus_is("button", "Row actions for note")
        self.page.press("Enter")
        self.page.menu().shown()
        self.page.focus_is("menuitem", "Insert row above")
        self.page.press("Esc")
        self.page.menu().gone()
        self.page.focus_is("button", "Row actions for note")
        self.editor.shown()
        self.page.press("Enter")
        self.page.focus_is("menuitem", "Insert row above")
        self.page.press("ArrowDown", "Enter")
        eventually(self.keys, ["code", "note", "", "tags", "tier", "limits", "is_seller"])
        self.key(2).is_focused()

    def test_D73_only_the_difference_is_sent(self):
        self.open_editor()
        self.value(1).fill("silver")
        self.row_menu("tier", "Delete row")
        self.add("region", "EU")
        self.save()
        self.editor.gone()
        self.assertEqual(self.sent("POST", SAVE), {"metadata": {"note": "silver", "tier": "", "region": "EU"}})
        self.page.status("Metadata saved")
        self.page.find("region", "Metadata").says("6 keys")
        self.page.reload()
        self.assertEqual(self.stored(), {"is_seller": True, "code": "007", "note": "silver", "region": "EU",
                                         "limits": {"max": 5}, "tags": ["a", "b"]})

    def test_D74_types(self):
        self.world.sql(f"UPDATE customer_group SET metadata = NULL WHERE id = '{VIP}'")
        self.open_editor()
        self.assertEqual(self.rows(), [["", "", False]])
        wanted = {"a": 5, "b": True, "c": "007", "d": "12abc", "e": "9007199254740993", "f": "2024-01-02",
                  "g": "1e3", "h": "0x10", "i": "+1", "j": -2.5, "k": False}
        typed = {"a": "5", "b": "true", "j": "-2.5", "k": "false"}
        # Tab leads from key to value, Enter on to the next row.
        self.key(0).click()
        self.page.type("".join(f"{key}\t{typed.get(key, value)}\n" for key, value in wanted.items()) + "text\t5")
        eventually(lambda: len(self.rows()), len(wanted) + 1, "rows")
        self.force_text(len(wanted))
        self.save()
        self.editor.gone()
        self.assertEqual(self.sent("POST", SAVE), {"metadata": {**wanted, "text": "5"}})
        self.assertEqual(self.stored(), {**wanted, "text": "5"})

    def force_text(self, row):
        """The type button goes round Auto, Text, Number, True/false."""
        badge = self.page.css(f"tbody tr:nth-child({row + 1}) button:not([aria-haspopup])", self.editor)
        badge.says("Number")
        badge.click()
        badge.says("Text")

    def test_D75_what_save_refuses(self):
        self.open_editor()

        def refused(*rows):
            self.save()
            eventually(lambda: [self.key(row).attribute("aria-invalid") == "true"
                                or self.value(row).attribute("aria-invalid") == "true" for row in rows],
                       [True] * len(rows), f"rows {rows} are marked")
            for row in rows:
                self.assertTrue(self.key(row).description or self.value(row).description, f"row {row} says why")
            self.editor.shown()
            self.assertEqual(self.writes(), [])
        self.add("code", "again")  # the last row now
        refused(0, 6)
        self.key(6).fill("")
        refused(6)  # a value without a key
        self.key(6).fill("fresh")
        self.value(6).fill("")
        refused(6)  # a key without a value
        self.key(6).fill("")
        self.value(1).fill("silver")
        self.save()
        self.editor.gone()
        self.assertEqual(self.sent("POST", SAVE), {"metadata": {"note": "silver"}})

    def test_D76_saving_and_leaving(self):
        self.open_editor()
        self.save()
        self.editor.gone()
        self.assertEqual(self.writes(), [])
        self.open_editor()
        self.value(1).fill("silver")
        self.page.press("Control+Enter")
        self.editor.gone()
        self.assertEqual(self.sent("POST", SAVE), {"metadata": {"note": "silver"}})
        self.open_editor()
        self.value(1).fill("bronze")
        self.page.button("Cancel", self.editor).click()
        self.page.button("Stay", self.page.prompt("Leave without saving?")).click()
        self.assertEqual(self.value(1).value, "bronze")
        self.page.button("Cancel", self.editor).click()
        self.page.button("Leave", self.page.prompt()).click()
        self.editor.gone()
        self.assertEqual(self.stored()["note"], "silver")

    def store(self, **metadata):
        text = json.dumps(metadata).replace("'", "''")
        self.world.sql(f"UPDATE customer_group SET metadata = '{text}' WHERE id = '{VIP}'")

    def test_D73_what_was_not_touched_stays_as_it_is(self):
        """An input holds no line break, and keys may have blanks around them."""
        odd = {"": 1, "a": "two\nlines", " b ": "1", "c\n": "x", "d": "one\r\ntwo"}
        self.store(**odd, note="gold")
        self.open_editor()
        self.save()
        self.editor.gone()
        self.assertEqual(self.writes(), [])
        self.open_editor()
        row = self.keys().index("note")
        self.value(row).fill("silver")
        self.save()
        self.editor.gone()
        self.assertEqual(self.sent("POST", SAVE), {"metadata": {"note": "silver"}})
        self.assertEqual(self.stored(), {**odd, "note": "silver"})

    def test_D73_lines_can_be_changed(self):
        self.store(a="two\nlines")
        self.open_editor()
        text = self.page.css("tbody textarea", self.editor)
        text.click()
        self.page.press("Control+End", "Enter")
        self.page.type("three")
        self.save()
        self.editor.gone()
        self.assertEqual(self.sent("POST", SAVE), {"metadata": {"a": "two\nlines\nthree"}})

    def test_D73_numbers_beyond_a_double_stay_what_they_are(self):
        big = 2**53 + 1
        self.store(id=big, limits={"from": -big, "to": 1})
        self.open_editor()
        self.assertEqual(self.value(self.keys().index("id")).value, str(big))
        self.page.css("summary", self.editor).click()
        text = self.page.css("tbody textarea", self.editor)
        self.assertIn(f'"from": -{big}', text.value)
        text.fill(text.value.replace('"to": 1', '"to": 2'))
        self.save()
        self.editor.gone()
        self.assertEqual(self.stored(), {"id": big, "limits": {"from": -big, "to": 2}})

    def paste(self, text):
        self.page.js("""
            const data = new DataTransfer();
            data.setData("text/plain", arguments[0]);
            document.activeElement.dispatchEvent(
                new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));""", text)

    def test_D72_paste_keeps_the_row(self):
        """Only a blank row makes way for what is pasted."""
        self.store(note="gold")
        self.open_editor()
        self.value(0).click()
        self.paste("b\t2")
        eventually(lambda: sorted(self.keys()), ["b", "note"])
        self.save()
        self.editor.gone()
        self.assertEqual(self.sent("POST", SAVE), {"metadata": {"b": 2}})

    def test_D77_nothing_left(self):
        self.world.sql(f"""UPDATE customer_group SET metadata = '{{"a": 1, "b": "x"}}' WHERE id = '{VIP}'""")
        self.open_editor()
        self.row_menu("a", "Delete row")
        self.key(0).is_focused()
        self.row_menu("b", "Delete row")
        eventually(self.rows, [["", "", False]])
        self.save()
        self.editor.gone()
        self.assertEqual(self.sent("POST", SAVE), {"metadata": {"a": "", "b": ""}})
        self.assertEqual(self.stored(), {})
        self.page.find("region", "Metadata").says("0 keys")

    def test_D72_enter_and_paste(self):
        """Enter in a value goes on to the next row; two pasted columns fill rows."""
        self.world.sql(f"UPDATE customer_group SET metadata = NULL WHERE id = '{VIP}'")
        self.open_editor()
        self.key(0).fill("a")
        self.value(0).fill("1")
        self.page.press("Enter")
        eventually(self.keys, ["a", ""])
        self.key(1).is_focused()
        self.paste("b\t2\nc\tthree")
        eventually(lambda: [row for row in self.rows() if row[0]], [["a", "1", False], ["b", "2", False],
                                                                     ["c", "three", False]])
        self.save()
        self.editor.gone()
        self.assertEqual(self.stored(), {"a": 1, "b": 2, "c": "three"})
