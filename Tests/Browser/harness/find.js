// Finds what a person would: visible elements by the role and the name that Chromium itself computes for them.
// arguments: root element or null, role, name or null, whether a part of the name is enough.
const [root, role, name, isPart] = arguments;
const CANDIDATES = {
    button: "button, input[type=submit], summary, [role=button]",
    link: "a[href], [role=link]",
    heading: "h1, h2, h3, h4, h5, h6, [role=heading]",
    checkbox: "input[type=checkbox], [role=checkbox]",
    radio: "input[type=radio], [role=radio]",
    textbox: "input, textarea",
    searchbox: "input",
    combobox: "input, select, [role=combobox]",
    dialog: "dialog, [role=dialog]",
    alertdialog: "[role=alertdialog]",
    navigation: "nav",
    region: "section, [role=region]",
    table: "table",
    list: "ul, ol, [role=list]",
    listitem: "li",
    // Any control of a form, whatever its kind: what a label is for.
    field: "input, textarea, select, [role=combobox], [role=switch]",
};
const ROLES = { textbox: ["textbox", "textbox_with_combobox"], field: null };
const tidy = (text) => (text ?? "").replace(/\s+/g, " ").trim();
const modal = document.querySelector(":modal") !== null;
const found = [];
for (const element of (root ?? document).querySelectorAll(CANDIDATES[role] ?? `[role=${role}]`)) {
    if (!element.checkVisibility({ visibilityProperty: true })) continue;
    // Behind a modal dialog everything is inert, which the computed role does not say.
    if (modal && !element.closest(":modal")) continue;
    if (role !== "field" && !(ROLES[role] ?? [role]).includes(element.computedRole)) continue;
    const has = tidy(element.computedName);
    if (name !== null && (isPart ? !has.includes(name) : has !== name)) continue;
    found.push(element);
}
return found;
