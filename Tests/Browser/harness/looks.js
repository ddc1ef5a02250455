// How things look, measured. `arguments[0]` names the measurement.
const visible = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });

/** Any CSS colour as [r, g, b, a] of 0 to 1: the browser knows its own notations. */
function rgba(color) {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data].map((value) => value / 255);
}
const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);

/** What lies behind an element's text, all translucent layers together. */
function background(element) {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
        const color = rgba(getComputedStyle(at).backgroundColor);
        if (color[3] > 0) layers.push(color);
        if (color[3] === 1) break;
        // What is in the top layer covers the page, not its parent.
        if (at.matches("dialog, [popover]") && color[3] < 1) break;
    }
    const isDark = getComputedStyle(document.documentElement).colorScheme === "dark"
        || (getComputedStyle(document.documentElement).colorScheme.includes("dark") && matchMedia("(prefers-color-scheme: dark)").matches);
    return layers.reverse().reduce((below, top) => over(top, below), isDark ? [0, 0, 0, 1] : [1, 1, 1, 1]);
}
function luminance([r, g, b]) {
    const [R, G, B] = [r, g, b].map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * R + 0.7152 * G + 0.0722 * B;
}
function contrast(one, other) {
    const [high, low] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return (high + 0.05) / (low + 0.05);
}

const measure = {
    /** Texts whose contrast is too low, with the ratio. */
    texts() {
        const low = [];
        const walker = document.createTreeWalker(document.querySelector(":modal") ?? document.body, NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) {
            const text = walker.currentNode.textContent.trim();
            const element = walker.currentNode.parentElement;
            if (!text || !visible(element) || element.closest(":disabled, [aria-disabled=true], [aria-hidden=true], option, script, style")) continue;
            const box = element.getBoundingClientRect();
            if (box.width <= 1 || box.height <= 1) continue; // for screen readers
            const style = getComputedStyle(element);
            const behind = background(element);
            const ratio = contrast(over(rgba(style.color), behind), behind);
            const size = parseFloat(style.fontSize);
            const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
            if (ratio < (isLarge ? 3 : 4.5)) low.push(`${text.slice(0, 40)} (${element.className || element.tagName}): ${ratio.toFixed(2)}`);
        }
        return [...new Set(low)];
    },
    /** Of what has the focus: how the ring is drawn, and its contrast with what is around it. */
    ring() {
        const element = document.activeElement;
        const style = getComputedStyle(element);
        const around = background(element.parentElement);
        const hasOutline = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
        const colors = hasOutline ? [style.outlineColor] : style.boxShadow.match(/(rgba?|color|oklch|oklab)\([^)]*\)/g) ?? [];
        return { drawn: hasOutline || style.boxShadow !== "none",
            contrast: Math.max(0, ...colors.map((color) => contrast(over(rgba(color), around), around))) };
    },
    background: () => luminance(background(document.querySelector("main") ?? document.body)),
    /** Things to hit with a finger that are smaller than they may be. */
    small() {
        return [...(document.querySelector(":modal") ?? document).querySelectorAll("button, a[href], input, select, textarea, summary")]
            .filter((element) => visible(element) && !element.closest(".visually-hidden, .skip"))
            .map((element) => {
                // A label is part of its control, and a row is part of its link.
                const label = element.matches("input[type=checkbox], input[type=radio]") && element.closest("label");
                const row = element.matches("td a") && element.closest("tr");
                const box = (row || label || element).getBoundingClientRect();
                return [element.computedName || element.outerHTML.slice(0, 60), box.width, box.height];
            })
            .filter(([, width, height]) => width > 0 && (width < 24 || height < 24))
            .map(([name, width, height]) => `${name}: ${width.toFixed(1)} × ${height.toFixed(1)}`);
    },
    sideways: () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
};
return measure[arguments[0]](...[...arguments].slice(1));
