/** Fields, forms, the dialogs that hold them, the combobox, metadata. */
import { latest, parse } from './api.js';
import { bdi, dialog, el, explain, failure, grid, hold, icon, iconButton, menuButton, newId } from './ui.js';

/** An input drops line breaks. */
const inputFor = (text) => (/[\r\n]/.test(text) ? 'textarea' : 'input');

/** A field of one input or several: `marked` is what its errors belong to, and `read` gives its value. */
export function fieldOf(name, element, marked, read, check, hint) {
	const id = newId();
	const error = el('p.field-error', { id: `${id}e` });
	const before = JSON.stringify(read());
	const self = {
		name, element,
		get value() { return read(); },
		get control() { return element.querySelector('input[aria-invalid=true]') ?? element.querySelector('input, textarea, select'); },
		isChanged: () => JSON.stringify(read()) !== before,
		setError(text) {
			error.textContent = text || '';
			marked.ariaInvalid = Boolean(text);
			return !text;
		},
		recheck: () => error.firstChild && self.check(),
		check: () => self.setError(check?.(read())),
	};
	marked.setAttribute('aria-describedby', `${id}h ${id}e`);
	element.append(el('p.muted', { id: `${id}h` }, hint), error);
	element.addEventListener('input', self.recheck);
	return self;
}

export function field(name, label, { value = '', hint, options, check, buttons, ...props }) {
	const id = newId();
	const control = el(options ? 'select' : inputFor(value), { id, name, autocomplete: 'off', maxlength: 255, ...props, value });
	const wrong = (text) => (control.required && !text ? `Enter the ${label.toLowerCase()}` : control.validity.valid ? check?.(text) : `Enter a valid ${label.toLowerCase()}`);
	return fieldOf(name, el('div.field', el('label', { for: id }, label), el('div.control', control, buttons?.(control))), control,
		() => (props.type === 'password' ? control.value : control.value.trim()), wrong, hint);
}

export const passwordField = (label, { buttons, ...settings }) => field('password', label, { ...settings, type: 'password', buttons: (control) => {
	const show = iconButton('Show password', 'eye', () => {
		show.ariaPressed = control.type === 'password';
		control.type = control.type === 'text' ? 'password' : 'text';
	});
	show.ariaPressed = 'false';
	return [show, buttons?.(control)];
} });

/** Browsers write an address with other letters anew. */
export const EMAIL = { inputmode: 'email', autocapitalize: 'off', required: true, check: (text) => !text.includes('@') && 'Enter a valid email' };

/** An emptied field is null. */
export const changes = (fields) => Object.fromEntries(fields.filter((one) => one.isChanged()).map(({ name, value }) => [name, value || null]));

export function form({ fields = [], children, submit, check = () => true, duplicate, isDirty, submitLabel = 'Save', kind = 'primary' }) {
	const summary = el('div.form-error', { role: 'alert' });
	const meter = el('progress', { hidden: true, 'aria-label': 'Progress' });
	const ok = el(`button.${kind}`, { type: 'submit' }, submitLabel);
	const say = (text) => { summary.textContent = text; };
	const toggle = () => { ok.ariaDisabled = ok.classList.toggle('busy'); };
	const once = {};
	let working;

	async function send(event) {
		event?.preventDefault();
		if (working || ok.disabled || !element.isConnected) return;
		say('');
		const wrong = fields.filter((one) => !one.check());
		if (!check() || wrong.length) return wrong[0]?.control.focus();
		toggle();
		working = new AbortController();
		await submit({ signal: working.signal, once, progress: (value, max) => Object.assign(meter, { hidden: max <= 1000, max, value }) }).catch(show);
		working = null;
		meter.hidden = true;
		toggle();
	}

	function place(name, text) {
		const one = fields.find((each) => each.name === name);
		one?.setError(text);
		one?.control.focus();
		return one;
	}

	function show(error) {
		const { status, type, message, retryAfter } = error;
		if (!element.isConnected) return failure(error);
		if (type === 'duplicate_error' && duplicate) return place(...duplicate);
		// Each part of a 400 begins with the name of the property that it is about.
		if (status === 400) return say(message.split(', ').filter((text) => !place(text.replace('property ', '').split(' ')[0], text)).join(', '));
		say(explain(error));
		hold(ok, submitLabel, retryAfter);
		if (!fields.length || !(status === 0 || (status >= 500 && !retryAfter))) return;
		const told = failure(error, send);
		element.closest('dialog')?.addEventListener('close', () => told.remove());
	}

	const element = el('form', { novalidate: true, onsubmit: send, onkeydown: (event) => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) send(event); } },
		el('div.body', fields.map((one) => one.element), children, meter, summary));
	return { element, ok, say, stop: () => working && !working.abort(Object.assign(new Error('Stopped. What was sent may have been done.'), { status: '' })), isDirty: () => fields.some((one) => one.isChanged()) || isDirty?.() };
}

function formIn(kind, title, sheet, quit, { cancel = 'Cancel', status, ...props }) {
	const leave = () => sheet.stop() || quit();
	sheet.element.append(el('div.foot', status, el('button', { autofocus: true, onclick: leave }, cancel), sheet.ok));
	const node = dialog(kind, title, sheet.element, { leave, ...props });
	node.addEventListener('close', sheet.stop);
	return node;
}

export function formDialog(view, title, sheet, kind, status) {
	view.guard = sheet.isDirty;
	view.head(title);
	const node = formIn(`${kind}.routed`, title, sheet, view.close, { status });
	view.signal.addEventListener('abort', () => node.close());
	node.querySelector('textarea, input:not(fieldset:has(:checked) :not(:checked))').focus();
}

export const prompt = (title, { text, content, confirm, cancel, kind, tick, run, fields }) => new Promise((resolve) => {
	const id = newId();
	let isDone;
	const box = tick && el('input', { type: 'checkbox' });
	const sheet = form({ submitLabel: confirm, kind, fields, check: () => !tick || box.checked || sheet.say(`Tick “${tick}” first.`),
		children: [el('div', { id }, el('p', text), content), fields?.map((one) => one.element), box && el('label.choice', box, tick)], submit: async (options) => { await run?.(options); isDone = true; node.close(); } });
	const node = formIn('prompt', title, sheet, () => node.close(), { cancel, role: 'alertdialog', 'aria-describedby': id });
	node.addEventListener('close', () => resolve(isDone));
});

export function combobox({ label, placeholder, find, choose, isOpen = false }) {
	const listbox = el('ul', { id: newId(), role: 'listbox', 'aria-label': label, onmousedown: (event) => event.preventDefault() }); // the field keeps the focus
	const fresh = latest();
	let at, timer;

	function mark(to) {
		const options = [...listbox.children];
		at = (to + options.length) % options.length;
		options.forEach((option, i) => { option.ariaSelected = i === at; });
		options[at]?.scrollIntoView({ block: 'nearest' });
		input.setAttribute('aria-activedescendant', options[at]?.id);
	}

	function show(isShown) {
		listbox.hidden = !isShown;
		input.ariaExpanded = isShown;
	}

	const option = (text, hint, onclick) => el('li', { role: 'option', id: newId(), 'aria-disabled': !onclick, onclick }, bdi(text), el('span.muted', hint));
	const search = () => find(input.value.trim(), fresh()).then((items) => {
		listbox.replaceChildren(...items.map((item) => option(item.label, item.hint, () => { input.value = ''; show(false); choose(item); })), items.length ? '' : option('Nothing found'));
		show(isOpen || input.matches(':focus'));
		mark(0);
	}).catch(failure);

	const input = el('input', { role: 'combobox', 'aria-label': label, placeholder, autocomplete: 'off', maxlength: 255, 'aria-controls': listbox.id, 'aria-autocomplete': 'list',
		oninput: () => { at = -1; clearTimeout(timer); timer = setTimeout(search, 200); },
		onblur: () => show(isOpen),
		onkeydown: (event) => {
			const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
			const isEscape = event.key === 'Escape' && !listbox.hidden && !isOpen;
			if (!step && !isEscape && (event.key !== 'Enter' || event.ctrlKey || event.metaKey)) return;
			event.preventDefault(); // Enter would submit the form, and Escape leave the dialog
			if (isEscape) show(false);
			else if (listbox.hidden) search();
			else if (step) mark(at + step);
			else listbox.children[at]?.click();
		} });
	show(isOpen);
	if (isOpen) search();
	return { element: el('div.combobox', input, listbox), input };
}

// Metadata

const LABELS = { string: 'Text', number: 'Number', bigint: 'Number', boolean: 'True/false', object: 'Null', json: 'JSON' };
const isNested = (value) => Object(value) === value;

/** What a text becomes; NaN if it can't be of the kind. */
function convert(text, kind) {
	let value;
	try {
		value = (kind === 'json' ? parse : JSON.parse)(text);
	} catch { /* a text */ }
	if (kind === 'json') return isNested(value) ? value : NaN;
	// A number only if it is written just so: 007, 1e3 and what a double can't hold stay text.
	const isExact = `${value}` === text && (typeof value === 'boolean' || Number.isSafeInteger(value) || value % 1);
	if (!isExact || kind === 'string') value = text;
	return !kind || typeof value === kind ? value : NaN;
}

export function metadataGrid(metadata) {
	const stored = new Map(Object.entries(metadata ?? {}));
	const lines = el('tbody');
	const used = () => [...lines.rows].map((line) => line.read()).filter(({ name, text }) => name || text);
	const goTo = (line) => (line ? line.cells[0].firstChild.focus() : insert());

	function insert(before, first = '', former = '') {
		const id = newId();
		const isLocked = isNested(former);
		const original = isLocked ? JSON.stringify(former, null, 2) : `${former}`;
		const firstKind = isLocked ? 'json' : original === former && convert(former) !== former ? 'string' : '';
		let kind = firstKind;
		const input = (label, value) => el(inputFor(value), { 'aria-label': label, value, 'aria-describedby': id, oninput: update });
		const key = input('Key', first);
		const text = input('Value', original);
		const [keyShown, textShown] = [key.value, text.value];
		const error = el('p.field-error', { id });
		// '' is whatever the text looks like.
		const type = el('button.badge.grey', { disabled: isLocked, onclick: () => { kind = { '': 'string', string: 'number', number: 'boolean' }[kind] ?? ''; update(); } });
		const menu = menuButton('Row actions', () => [
			{ label: 'Insert row above', icon: 'up', run: () => insert(line) }, { label: 'Insert row below', icon: 'down', run: () => insert(line.nextSibling) }, null,
			{ label: 'Delete row', icon: 'trash', isDanger: true, run: () => { goTo(line.nextSibling ?? line.previousSibling); line.remove(); } },
		]);
		const shown = isLocked ? [el('details', el('summary', icon('lock'), original[0] === '[' ? ' [ … ] ' : ' { … } ', 'Edit as JSON'), text), el('p.muted', 'Edit nested values through the API')] : text;
		const line = el('tr', !isLocked && { onpaste, onkeydown }, el('td', key), el('td', shown, error), el('td', type), el('td', !isLocked && menu));
		line.read = () => ({ key, name: key.value === keyShown ? first : key.value.trim(), text: text.value, value: text.value === textShown && kind === firstKind ? former : convert(text.value, kind),
			fail(what) {
				error.textContent = what || '';
				if (what) text.closest('details')?.setAttribute('open', '');
				key.ariaInvalid = text.ariaInvalid = Boolean(what);
				return what;
			} });
		function update() {
			const { name, value, fail } = line.read();
			const row = name || 'new row';
			fail();
			type.textContent = LABELS[kind || typeof value];
			type.ariaLabel = `${type.textContent}: type of ${row}${kind ? '' : ', automatic'}`;
			menu.firstChild.ariaLabel = `Row actions for ${row}`;
		}
		function onpaste(event) {
			const pairs = [...event.clipboardData.getData('text').matchAll(/^(.+?)\t([^\t\r\n]*)/gm)];
			if (!pairs.length) return;
			event.preventDefault(); // two columns of a spreadsheet become rows
			for (const [, name, value] of pairs) insert(line, name.trim(), convert(value));
			if (!key.value && !text.value) line.remove();
		}
		function onkeydown(event) {
			if (event.target !== text || text.matches('textarea') || event.key !== 'Enter' || event.ctrlKey || event.metaKey) return;
			event.preventDefault();
			goTo(line.nextSibling);
		}
		key.readOnly = isLocked;
		update();
		lines.insertBefore(line, before);
		key.focus();
	}

	stored.forEach((value, name) => insert(null, name, value));
	if (!stored.size) insert();

	/** v1 merges, and takes an empty text for "remove this key". */
	function body() {
		const now = [...[...stored.keys()].map((name) => [name]), ...used().map(({ name, value }) => [name, value])];
		const patch = [...new Map(now)].filter(([name, value]) => value !== stored.get(name)).map(([name, value = '']) => [name, value]);
		return patch.length ? { metadata: Object.fromEntries(patch) } : {};
	}

	function check() {
		const faults = used().filter(({ name, value, fail }, i, all) => fail(!name && !stored.has('') ? 'Enter a key'
			: all.filter((row) => row.name === name).length > 1 ? 'This key is there twice'
				: value === '' && stored.get(name) !== '' ? 'Enter a value. An empty one would delete the key: delete the row instead.'
					: Number.isNaN(value) && 'This is not of the type that was chosen'));
		faults[0]?.key.focus();
		return !faults.length;
	}

	const children = el('div', grid('table.metadata', 'Metadata', ['Key', 'Value', 'Type', 'Actions'], lines), [...stored.values()].some(isNested) && el('p.muted', 'Some rows are locked, because their values are nested.'));
	return { children, check, body, isDirty: () => 'metadata' in body() };
}
