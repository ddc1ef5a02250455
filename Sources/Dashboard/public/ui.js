/** What every page is built of. */
import { isAbort } from './api.js';

export function el(spec, props, ...children) {
	if (props?.constructor !== Object) return el(spec, {}, props, ...children);
	const [tag, ...classes] = spec.split('.');
	const node = document.createElement(tag);
	node.className = classes.join(' ');
	if (tag === 'button') node.type = tag;
	for (const [name, value] of Object.entries(props)) {
		if (value?.call) node.addEventListener(name.slice(2), value);
		else if (value && name === 'value') node.value = value;
		else if (value) node.setAttribute(name, value);
	}
	node.append(...children.flat().filter(Boolean));
	return node;
}

export function icon(name) {
	const svg = byId('icon').content.firstChild.cloneNode(true);
	svg.firstChild.setAttribute('href', `#${name}`);
	return svg;
}

export const button = (label, onclick, kind = 'small') => el(`button.${kind}`, { onclick }, label);
export const iconButton = (label, name, onclick) => el('button.icon-button', { 'aria-label': label, title: label, onclick }, icon(name));
export function hold(node, label, left) {
	node.disabled = left > 0;
	node.textContent = label + (node.disabled ? ` (${left} s)` : '');
	if (node.disabled) setTimeout(hold, 1000, node, label, left - 1);
}

/** Right-to-left names turn nothing around them. */
export const bdi = (text) => el('bdi', text);
export const link = (path, text, kind = '') => el(`a.${kind}`, { href: `/app${path}` }, bdi(text));
export const badge = (text, tone = 'grey') => el(`span.badge.${tone}`, text);
export const skeleton = () => el('span.skeleton', { 'aria-hidden': true });

export async function copy(text) {
	try {
		await navigator.clipboard.writeText(text);
		toast('Copied');
	} catch { // there is no clipboard without HTTPS
		failure({ message: 'The browser did not allow copying', status: 0 });
	}
}

let ids = 0;
export const newId = () => `e${ids++}`;

/** The focus goes to what is there now of the same name. */
export function refill(node, ...children) {
	const focused = document.activeElement;
	node.replaceChildren(...children.flat().filter(Boolean));
	if (document.activeElement !== focused) refocus(node, focused);
}

function refocus(node, former) {
	const nameOf = (one) => one.ariaLabel ?? one.textContent;
	const same = former.checkVisibility() ? former : [...node.querySelectorAll('a, :enabled')].find((one) => nameOf(one) === nameOf(former));
	(same ?? (node.closest('section') ?? node).querySelector('h1, h2'))?.focus({ preventScroll: true });
}

export const number = (n) => n.toLocaleString();
export const plural = (n, noun) => `${number(n)} ${noun}${n === 1 ? '' : 's'}`;
export const date = (iso) => new Date(iso).toLocaleDateString(undefined, { dateStyle: 'medium' });
export const time = (iso) => (iso ? el('time', { datetime: iso, title: new Date(iso).toLocaleString() }, date(iso)) : '–');
export const fullName = (person) => [person.first_name, person.last_name].filter(Boolean).join(' ') || '–';

export function section(title, actions, mark, ...children) {
	const id = newId();
	return el('section.card', { 'aria-labelledby': id }, el('div.bars', el('div', el(title ? 'h2' : 'h1', { id, tabindex: -1 }, bdi(title)), mark), el('div.row', actions)), ...children);
}

export const grid = (spec, title, heads, body) =>
	el(spec, el('caption.visually-hidden', title), el('thead', el('tr', heads.map((text) => el('th', { scope: 'col' }, text)))), body);
export const fact = ([name, value]) => el('div', el('dt', name), el('dd', value));
export const keyCount = (object) => badge(plural(Object.keys(object ?? {}).length, 'key'));
export const empty = (name, text, hint, action) => el('div.empty', icon(name), el('p', text), el('p.muted', hint), action);
export function errorPanel(error, retry) {
	const again = button('', retry);
	hold(again, 'Retry', error.retryAfter);
	return el('div', { role: 'alert' }, empty('alert', error.message, origin(error), again));
}
export const h1 = (text) => el('h1', { tabindex: -1 }, text);
export const notFound = (text, label, path) => empty('search', h1(text), '', link(path, label, 'button'));

export const jsonSection = (record) => section('JSON', button('View JSON', () => {
	const text = JSON.stringify(record, null, 2);
	dialog('drawer', 'JSON', [el('pre', { tabindex: '0' }, text), el('div.foot', button('Copy', () => copy(text), 'primary'))]);
}), keyCount(record));

export const byId = (id) => document.getElementById(id);

export const joined = (...parts) => parts.filter(Boolean).join(' · ');
const origin = ({ status, requestId }) => joined(status && `Status ${status}`, requestId && `Request ${requestId}`);
export const explain = (error) => joined(error.note, error.message, origin(error));

export function toast(text, { error, action, seconds = 6 } = {}) {
	let former; // what had the focus before
	const leave = () => {
		const hadFocus = node.contains(document.activeElement);
		node.remove();
		if (hadFocus) refocus(byId('content'), former ?? node);
	};
	const details = error?.status && joined(explain(error), location, Date());
	const node = el(`div.toast.${error ? 'red' : 'green'}`, { onfocusin: (event) => { former ??= event.relatedTarget; } }, icon(error ? 'alert' : 'check'), el('div', el('p', bdi(text)), el('p.muted', error && origin(error))),
		action && button(action[0], () => { leave(); action[1](); }), details && button('Copy details', () => copy(details)), iconButton('Dismiss', 'close', leave));
	const age = () => {
		if (!node.matches(':hover, :focus-within')) seconds -= 1;
		if (seconds < 0) leave();
		else setTimeout(age, 1000);
	};
	byId(error ? 'alerts' : 'toasts').append(node);
	if (!error) age();
	return node;
}

export function failure(error, retry) {
	if (isAbort(error)) return;
	if (!('status' in error)) throw error;
	return toast(joined(error.note, error.message), { error, action: retry && ['Retry', retry] });
}

const topDialog = () => [...document.querySelectorAll(':modal')].pop();
/** What is outside a modal dialog is inert, so messages are shown in the topmost one. */
const placeMessages = () => (topDialog() ?? document.body).append(byId('live'));
export const isCovered = () => document.querySelector(':modal, :popover-open');

export function dialog(kind, title, body, { leave = () => topDialog().close(), ...props } = {}) {
	const id = newId();
	const opener = document.activeElement;
	// Escape is ours alone: browsers close a dialog on the second one whatever the page says.
	const node = el(`dialog.${kind}`, { 'aria-labelledby': id, closedby: 'none', onclose: () => {
		placeMessages();
		node.remove();
		if (document.activeElement === document.body) refocus(byId('content'), opener);
	}, ...props }, el('div.bars', el('h2', { id }, bdi(title)), iconButton('Close', 'close', leave)), body);
	node.leave = leave;
	document.body.append(node);
	node.showModal();
	placeMessages();
	return node;
}

addEventListener('keydown', (event) => {
	if (event.key !== 'Escape' || event.defaultPrevented || !topDialog() || document.querySelector(':popover-open')) return;
	event.preventDefault();
	topDialog().leave();
});

export function popper(node, { fill, ...props }) {
	const panel = el('div.popover', { popover: 'auto', onbeforetoggle: ({ newState }) => newState === 'open' && panel.replaceChildren(...fill()), ...props });
	node.popoverTargetElement = panel;
	return el('span.popper', node, panel);
}

export function menuButton(label, items, node = iconButton(label, 'dots')) {
	const draw = (item) => {
		if (!item?.run) return item ? el('p.muted', item) : el('hr');
		const { isChecked, run } = item;
		const radio = isChecked !== undefined && { role: 'menuitemradio', 'aria-checked': `${isChecked}` };
		return el(`button.${item.isDanger ? 'danger-text' : ''}`, { tabindex: -1, role: 'menuitem', autofocus: isChecked ?? true, onclick: () => { menu.hidePopover(); run(); }, ...radio },
			radio ? el('span.mark', isChecked && icon('check')) : item.icon && icon(item.icon), item.label);
	};
	const wrapper = popper(node, { role: 'menu', 'aria-label': label, fill: () => items().map(draw) });
	const menu = wrapper.lastChild;
	node.ariaHasPopup = 'menu';
	wrapper.onkeydown = (event) => {
		const { key } = event;
		const entries = [...menu.querySelectorAll('button')];
		const at = entries.indexOf(event.target);
		const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[key];
		const next = to === undefined ? [...entries.slice(at + 1), ...entries].find((one) => one.textContent.toLowerCase().startsWith(key.toLowerCase())) : entries.at(to % entries.length);
		if (at < 0 && key !== 'ArrowDown') return;
		if (at < 0) node.click();
		else if (key === 'Tab') menu.hidePopover();
		else if (next) next.focus();
		else return;
		event.preventDefault();
	};
	return wrapper;
}

const shortcuts = new Map();
export const shortcutsAreOn = () => !localStorage['cohort-no-shortcuts'];

export function shortcut(letters, run, signal) {
	shortcuts.set(letters, run);
	signal?.addEventListener('abort', () => shortcuts.delete(letters));
}

export const isTextField = (node) => node.matches('textarea, select, input:not([type=checkbox], [type=radio])');

let [typed, typedAt] = ['', 0];
addEventListener('keydown', (event) => {
	if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.key.length > 1 || isTextField(event.target) || isCovered() || !shortcutsAreOn()) return;
	typed = (event.timeStamp - typedAt < 1000 ? typed : '') + event.key.toLowerCase();
	typedAt = event.timeStamp;
	const run = shortcuts.get(typed.slice(-2)) ?? shortcuts.get(typed.slice(-1));
	if (!run) return;
	typed = '';
	event.preventDefault();
	run();
});
