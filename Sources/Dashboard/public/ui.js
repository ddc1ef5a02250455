/** What every page is built of: elements, texts, detail pages, messages, dialogs, menus, shortcuts. */
import { get, isAbort } from './api.js';
import { settled } from './router.js';

/** Functions among the props are listeners; null and false are left out everywhere. Text enters the document as text nodes only. */
export function el(spec, props, ...children) {
	const [tag, ...classes] = spec.split('.');
	const node = document.createElement(tag);
	if (props?.constructor !== Object) {
		children.unshift(props);
		props = {};
	}
	node.className = classes.join(' ');
	if (tag === 'button') node.type = tag;
	for (const [name, value] of Object.entries(props)) {
		if (value?.call) node.addEventListener(name.slice(2), value);
		else if (/^(value|checked|hidden|disabled)$/.test(name)) node[name] = value;
		else if (value ?? false) node.setAttribute(name, value === true ? '' : value);
	}
	node.append(...children.flat().filter((child) => child ?? false));
	return node;
}

export function icon(name) {
	const [svg, use] = ['svg', 'use'].map((tag) => document.createElementNS('http://www.w3.org/2000/svg', tag));
	svg.classList.add('icon');
	svg.setAttribute('viewBox', '0 0 20 20');
	svg.ariaHidden = 'true';
	use.setAttribute('href', `#i-${name}`);
	svg.append(use);
	return svg;
}

export const button = (label, onclick, kind = 'small') => el(`button.${kind}`, { onclick }, label);
export const iconButton = (label, name, onclick) => el('button.icon-button', { 'aria-label': label, title: label, onclick }, icon(name));
/** Isolated, so that right-to-left names don't turn what stands around them. */
export const bdi = (text) => el('bdi', text);
export const link = (path, text, kind) => el(kind ? `a.${kind}` : 'a', { href: `/app${path}` }, bdi(text));
export const badge = (text, tone = 'grey') => el(`span.badge.${tone}`, text);
export const skeleton = () => el('span.skeleton', { 'aria-hidden': 'true' });
export const copyable = (text) => el('span.row', el('code', text), iconButton('Copy', 'copy', () => copy(text)));

const copy = (text) => navigator.clipboard.writeText(text).then(() => toast('Copied'), () => toast('The browser did not allow copying', { isError: true }));

let ids = 0;
export const newId = () => `e${(ids += 1)}`;

export function busy(node, isOn) {
	node.classList.toggle('busy', isOn);
	node.ariaDisabled = isOn;
}
export const isBusy = (node) => node.matches('.busy');

/** Fills an element anew; the focus goes to what is there now of the same name. */
export function refill(node, ...children) {
	const focused = document.activeElement;
	const had = node.contains(focused);
	node.replaceChildren(...children.flat());
	if (had) refocus(node, focused);
}

function refocus(node, former) {
	const name = former.ariaLabel ? 'aria-label' : 'href';
	const same = node.querySelector(`[${name}="${CSS.escape(former.getAttribute(name))}"]`);
	(same ?? document.querySelector('main :is(.table-title, h1)'))?.focus({ preventScroll: true });
}

// Texts, in the browser's language

const days = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });
const moments = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' });
const rules = new Intl.PluralRules('en');
export const number = (n) => n.toLocaleString();
export const plural = (n, noun) => `${number(n)} ${noun}${rules.select(n) === 'one' ? '' : 's'}`;
export const date = (iso) => days.format(new Date(iso));
export const time = (iso) => (iso ? el('time', { datetime: iso, title: moments.format(new Date(iso)) }, date(iso)) : '–');
export const fullName = (person) => [person.first_name, person.last_name].filter(Boolean).join(' ') || '–';

function currencyFormat(currency) {
	const isOne = /^[a-z]{3}$/i.test(currency);
	return new Intl.NumberFormat(undefined, isOne ? { style: 'currency', currency } : { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}
/** How many minor units (cents; yen have none) make one. */
export const minorUnits = (currency) => 10 ** currencyFormat(currency).resolvedOptions().maximumFractionDigits;
export const money = (amount, currency) => currencyFormat(currency).format(amount / minorUnits(currency));

export function listState({ status, starts_at: start, ends_at: end }) {
	if (end && new Date(end) < Date.now()) return ['Expired', 'red'];
	if (status === 'draft') return ['Draft'];
	return start && new Date(start) > Date.now() ? ['Scheduled', 'orange'] : ['Active', 'green'];
}

// Detail pages

/** Without a title it is the page's first section, and its heading the page's. */
export function section(title, actions, mark, ...children) {
	const id = newId();
	return el('section.card', { 'aria-labelledby': id }, el('div.bars', el('div', el(title ? 'h2' : 'h1', { id, tabindex: -1 }, bdi(title)), mark), el('div.row', actions)), ...children);
}

export const fact = ([name, value]) => el('div', el('dt', name), el('dd', value));
export const keyCount = (object) => badge(plural(Object.keys(object ?? {}).length, 'key'));
export const empty = (name, text, hint, action) => el('div.empty', icon(name), el('p', text), el('p.muted', hint), action);
export const errorPanel = (error, retry) => el('div', { role: 'alert' }, empty('alert', error.message, origin(error), button('Retry', retry)));
export const notFound = (text, label, path) => empty('search', el('h1', { tabindex: -1 }, text), '', link(path, label, 'button'));

/** A page about the record at `path`, drawn again by `view.changed(record?)`. `home` is the label and the path of the list. */
export function recordPage(view, { path, query, noun, name, home, actions, mark, facts, children, more }) {
	const [badges, general, rest] = ['span', 'dl.facts', 'div.stack'].map((tag) => el(tag));
	const head = section('', menuButton(`${noun.replace('Customer g', 'G')} actions`, () => actions(record)), badges, general);
	let record;
	const show = (version) => {
		if (view.signal.aborted) return;
		if (!record) view.root.replaceChildren(head, ...children, rest);
		record = { ...record, ...version }; // answers to writes lack what was asked for besides
		view.record = Promise.resolve(record); // for dialogs
		head.querySelector('h1').replaceChildren(bdi(record[name]));
		badges.replaceChildren(mark?.(record) ?? '');
		refill(general, facts(record).map(fact));
		refill(rest, more(record), jsonSection(record));
		view.head([home, [record[name]]]);
		settled();
	};
	const attempt = () => {
		view.record = get(path, { query, signal: view.signal });
		view.record.then(show).catch((error) => {
			if (view.signal.aborted) return;
			const isGone = error.status === 404;
			if (record && !isGone) return failure(error, attempt);
			view.root.replaceChildren(isGone ? notFound(`${noun} not found`, ...home) : errorPanel(error, attempt));
			if (isGone) view.head([[`${noun} not found`]]);
		});
	};
	view.root.append(el('div.card', { 'aria-busy': 'true', 'aria-label': 'Loading' }, skeleton(), skeleton()));
	view.onChange((version) => (version ? show(version) : attempt()));
	attempt();
}

function jsonSection(record) {
	const show = () => {
		const text = JSON.stringify(record, null, 2);
		dialog('drawer', 'JSON', { body: el('pre', { tabindex: 0, 'aria-label': 'JSON' }, text), foot: button('Copy', () => copy(text), 'primary') });
	};
	return section('JSON', button('View JSON', show), keyCount(record));
}

// Messages

const byId = (id) => document.getElementById(id);
export const announce = (text) => { byId('announcer').textContent = text; };

/** An error stays until it is dismissed; `action` [label, run]; `details` can be copied. */
export function toast(text, { isError, action, details, hint, seconds = 6 } = {}) {
	let timer;
	const leave = () => node.remove();
	const start = () => { timer = isError || setTimeout(leave, seconds * 1000); };
	const pause = () => clearTimeout(timer);
	const node = el(`div.toast.${isError ? 'red' : 'green'}`, { onmouseenter: pause, onfocusin: pause, onmouseleave: start, onfocusout: start },
		icon(isError ? 'alert' : 'check'), el('div', el('p', bdi(text)), el('p.muted', hint)),
		action && button(action[0], () => { leave(); action[1](); }), details && button('Copy details', () => copy(details)), iconButton('Dismiss', 'close', leave));
	byId(isError ? 'alerts' : 'toasts').append(node);
	start();
}

const joined = (...parts) => parts.filter(Boolean).join(' · ');
const origin = ({ status, requestId }) => joined(status && `Status ${status}`, requestId && `Request ${requestId}`);
export const explain = (error) => joined(error.note, error.message, origin(error));

export function failure(error, retry) {
	if (isAbort(error)) return;
	toast(error.message, { isError: true, hint: origin(error), action: retry && ['Retry', retry], details: error.status && joined(explain(error), location, Date()) });
	if (!('status' in error)) throw error;
}

/** After 429 and 503 a button counts down what the server asked to wait. */
export function hold(node, { retryAfter: left }) {
	if (!left) return;
	const label = node.appendChild(el('span'));
	const tick = () => {
		node.disabled = left > 0;
		label.textContent = left > 0 ? ` (${left} s)` : '';
		if (left-- > 0) setTimeout(tick, 1000);
	};
	tick();
}

// Dialogs, popovers, menus

const topDialog = () => [...document.querySelectorAll('dialog[open]')].pop();
/** What is outside a modal dialog is inert, so messages are shown in the topmost one. */
const placeMessages = () => (topDialog() ?? document.body).append(byId('live'));
export const isCovered = () => document.querySelector('dialog[open], :popover-open') !== null;

/** `kind`: drawer, modal-page, prompt; `leave` is what Escape and the Close button do. */
export function dialog(kind, title, { body, foot, leave = () => topDialog().close(), ...props }) {
	const id = newId();
	const opener = document.activeElement;
	// Escape is ours alone: browsers close a dialog on the second one whatever the page says.
	const node = el(`dialog.${kind}`, { 'aria-labelledby': id, closedby: 'none', oncancel: (event) => event.preventDefault(), onclose: () => {
		placeMessages();
		node.remove();
		if (document.activeElement === document.body) refocus(document.querySelector('main'), opener);
	}, ...props }, el('div.bars', el('h2', { id }, bdi(title)), !props.role && iconButton('Close', 'close', leave)), body, foot && el('div.foot', foot));
	node.leave = leave;
	document.body.append(node);
	node.showModal();
	placeMessages();
	return node;
}

document.addEventListener('keydown', (event) => {
	if (event.key !== 'Escape' || event.defaultPrevented || !topDialog() || document.querySelector(':popover-open')) return;
	event.preventDefault();
	topDialog().leave();
});

/** A panel that a button opens and closes; `fill(panel)` answers its content each time. Answers both in one element. */
export function popper(node, { fill, onclose, ...props }) {
	const panel = el('div.popover', { popover: 'auto', onbeforetoggle: ({ newState }) => {
		node.ariaExpanded = newState === 'open';
		if (newState === 'open') panel.replaceChildren(...fill(panel));
	}, ontoggle: ({ newState }) => newState === 'closed' && onclose?.(), ...props });
	node.popoverTargetElement = panel;
	node.ariaExpanded = 'false';
	return el('span.popper', node, panel);
}

/** `items()` answers {label, icon, run, isDanger, isChecked (of a radio item)}; null is a line, a text a heading. */
export function menuButton(label, items, node = iconButton(label, 'dots')) {
	node.ariaHasPopup = 'menu';
	let typed = '';
	const wrapper = popper(node, { role: 'menu', 'aria-label': label, fill: (menu) => {
		const nodes = items().map((item) => {
			if (!item?.run) return item ? el('p.muted', item) : el('hr');
			const isRadio = 'isChecked' in item;
			return el(`button.${item.isDanger ? 'danger-text' : 'item'}`, { tabindex: -1, role: isRadio ? 'menuitemradio' : 'menuitem', 'aria-checked': isRadio && `${item.isChecked}`,
				onclick: () => { menu.hidePopover(); item.run(); } }, isRadio ? el('span.mark', item.isChecked && icon('check')) : item.icon && icon(item.icon), item.label);
		});
		(nodes.find((one) => one.ariaChecked === 'true') ?? nodes.find((one) => one.type)).autofocus = true;
		return nodes;
	} });
	wrapper.addEventListener('keydown', (event) => {
		const { key } = event;
		const entries = [...wrapper.lastChild.querySelectorAll('button')];
		const at = entries.indexOf(event.target);
		const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[key];
		if (at < 0) {
			if (key !== 'ArrowDown') return;
			node.click();
		} else if (to !== undefined) entries.at(to % entries.length).focus();
		else if (key === 'Tab') wrapper.lastChild.hidePopover();
		else if (/^\S$/.test(key)) {
			typed += key.toLowerCase();
			setTimeout(() => { typed = ''; }, 600);
			entries.find((entry) => entry.textContent.toLowerCase().startsWith(typed))?.focus();
		} else return;
		event.preventDefault();
	});
	return wrapper;
}

// Keyboard

const shortcuts = new Map();
const OFF = 'cohort-no-shortcuts';
export const shortcutsAreOn = () => !localStorage.getItem(OFF);
export const setShortcuts = (areOn) => (areOn ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, 1));

/** `letters` is one key, or two that are typed one after the other ("gu"). */
export function shortcut(letters, run, signal) {
	shortcuts.set(letters, run);
	signal?.addEventListener('abort', () => shortcuts.get(letters) === run && shortcuts.delete(letters));
}

export const isTextField = (node) => node.matches('textarea, select, [contenteditable], input:not([type=checkbox], [type=radio])');

let first = '';
let firstAt = 0;
document.addEventListener('keydown', (event) => {
	if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.key.length > 1 || isTextField(event.target) || isCovered() || !shortcutsAreOn()) return;
	const key = event.key.toLowerCase();
	const pair = event.timeStamp - firstAt < 1000 && shortcuts.get(first + key);
	const run = pair || shortcuts.get(key);
	[first, firstAt] = [pair ? '' : key, event.timeStamp];
	if (!run) return;
	event.preventDefault();
	run();
});
