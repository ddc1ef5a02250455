/** Fields, forms, the dialogs that hold them, the combobox. */
import { latest, post } from './api.js';
import { bdi, dialog, el, explain, failure, iconButton, newId, toast } from './ui.js';

export function field({ name, label, value = '', hint, options, check, buttons, ...props }) {
	const id = newId();
	const error = el('p.field-error', { id: `${id}e` });
	const control = el(options ? 'select' : 'input', { id, name, autocomplete: 'off', maxlength: 255, 'aria-describedby': `${id}h ${id}e`, oninput: () => error.firstChild && self.check(), ...props, value });
	const self = {
		name, control,
		element: el('div.field', el('label', { for: id }, label), el('div.control', control, buttons?.(control)), el('p.muted', { id: `${id}h` }, hint), error),
		get value() { return props.type === 'password' ? control.value : control.value.trim(); },
		isChanged: () => control.value !== value,
		setError(text) {
			error.textContent = text || '';
			control.ariaInvalid = Boolean(text);
			if (text) control.focus();
			return !text;
		},
		check: () => self.setError(control.required && !self.value ? `Enter the ${label.toLowerCase()}` : control.validity.valid ? check?.(self.value) : `Enter a valid ${label.toLowerCase()}`),
	};
	return self;
}

export const passwordField = ({ buttons, ...settings }) => field({ ...settings, type: 'password', buttons: (control) => {
	const show = iconButton('Show password', 'eye', () => {
		show.ariaPressed = control.type === 'password';
		control.type = control.type === 'text' ? 'password' : 'text';
	});
	show.ariaPressed = 'false';
	return [show, buttons?.(control)];
} });

/** An emptied field is null. */
export const changes = (fields) => Object.fromEntries(fields.filter((one) => one.isChanged()).map(({ name, value }) => [name, value || null]));

export function form({ fields = [], children, submit, check = () => true, duplicate, isDirty, submitLabel = 'Save', kind = 'primary' }) {
	const summary = el('div.form-error', { role: 'alert' });
	const meter = el('progress', { hidden: true, 'aria-label': 'Progress' });
	const ok = el(`button.${kind}`, { type: 'submit' }, submitLabel);
	const say = (text) => { summary.textContent = text; };
	const toggle = () => { ok.ariaDisabled = ok.classList.toggle('busy'); };
	let working;

	async function send(event) {
		event?.preventDefault();
		if (working || ok.disabled) return;
		say('');
		// The first that is wrong is checked last, and so has the focus.
		const wrong = fields.toReversed().filter((one) => !one.check());
		if (!check() || wrong.length) return;
		toggle();
		working = new AbortController();
		await submit({ signal: working.signal, progress: (value, max) => Object.assign(meter, { hidden: max <= 1000, max, value }) }).catch(show);
		working = null;
		meter.hidden = true;
		toggle();
	}

	function place(name, text) {
		const one = fields.find((each) => each.name === name);
		one?.setError(text);
		return one;
	}

	function show(error) {
		const { status, message, retryAfter } = error;
		if (status === 422 && duplicate) return place(...duplicate);
		// Each part of a 400 begins with the name of the property that it is about.
		if (status === 400) return say(message.split(', ').filter((text) => !place(text.replace('property ', '').split(' ')[0], text)).join(', '));
		say([409, 412].includes(status) ? 'Someone else changed this while you were editing. Nothing was saved: copy what you need and reload.' : explain(error));
		hold(retryAfter);
		if (fields.length && (status === 0 || (status >= 500 && !retryAfter))) failure(error, send);
	}

	function hold(left) {
		ok.disabled = left > 0;
		ok.textContent = submitLabel + (ok.disabled ? ` (${left} s)` : '');
		if (ok.disabled) setTimeout(hold, 1000, left - 1);
	}

	const element = el('form', { novalidate: true, onsubmit: send, onkeydown: (event) => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) send(event); } },
		el('div.body', fields.map((one) => one.element), children, meter, summary));
	return { element, ok, say, stop: () => working && !working.abort(), isDirty: () => fields.some((one) => one.isChanged()) || isDirty?.() };
}

function formIn(kind, title, sheet, quit, { cancel = 'Cancel', status, ...props }) {
	const leave = () => sheet.stop() || quit();
	sheet.element.append(el('div.foot', status, el('button', { autofocus: true, onclick: leave }, cancel), sheet.ok));
	return dialog(kind, title, { body: sheet.element, leave, ...props });
}

export function formDialog(view, title, sheet, { kind = 'drawer', status } = {}) {
	if (view.signal.aborted) return;
	view.guard = sheet.isDirty;
	view.head(title);
	const node = formIn(kind, title, sheet, view.close, { status });
	view.signal.addEventListener('abort', () => node.close());
	node.querySelector('input').focus();
}

export async function save(view, path, body, text) {
	if (Object.keys(body).length) {
		view.page.changed(await post(path, body));
		toast(text);
	}
	view.close(true);
}

export async function create(view, path, body) {
	const record = await post(path, body);
	toast(`${record.name ?? record.email} created`);
	view.leave(`${path}/${record.id}`);
}

export const prompt = (title, { text, content, confirm, cancel, kind, tick, run }) => new Promise((resolve) => {
	const id = newId();
	const box = tick && el('input', { type: 'checkbox' });
	const sheet = form({ submitLabel: confirm, kind, check: () => !tick || box.checked || sheet.say(`Tick “${tick}” first.`),
		children: [el('div', { id }, el('p', text), content), box && el('label.choice', box, tick)], submit: async (options) => { await run?.(options); finish(true); } });
	const node = formIn('prompt', title, sheet, () => finish(), { cancel, role: 'alertdialog', 'aria-describedby': id });
	const finish = (isDone) => { node.close(); resolve(isDone); };
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
