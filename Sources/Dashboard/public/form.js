/** Forms, the dialogs that hold them, the prompt, and a field that offers what it finds. */
import { latest, post } from './api.js';
import { busy, button, dialog, el, explain, failure, hold, icon, iconButton, isBusy, newId, toast } from './ui.js';

/** What is no setting of its own is an attribute of the control. `check(value)` says what is wrong, if anything. */
export function field({ name, label, type = 'text', value = '', hint, options, check, buttons, ...props }) {
	const id = newId();
	const shared = { id, name, 'aria-describedby': `${id}h ${id}e`, oninput: () => control.ariaInvalid && self.check(), ...props };
	const control = options ? el('select', shared, options.map(([key, text]) => el('option', { value: key }, text))) : el('input', { type, autocomplete: 'off', maxlength: 255, ...shared });
	const error = el('p.field-error', { id: `${id}e` });
	control.value = value;
	const self = {
		name, control,
		element: el('div.field', el('label', { for: id }, label), el('div.control', control, buttons?.(control)), el('p.muted', { id: `${id}h` }, hint), error),
		get value() { return type === 'password' ? control.value : control.value.trim(); },
		isChanged: () => control.value !== value,
		setError(text) {
			error.replaceChildren(...(text ? [icon('alert'), text] : []));
			control.ariaInvalid = text ? 'true' : null;
			if (text) control.focus();
		},
		check() {
			const noun = label.toLowerCase();
			const { typeMismatch, badInput } = control.validity;
			const text = control.required && !self.value ? `Enter ${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}` : typeMismatch || badInput ? `Enter a valid ${noun}` : check?.(self.value);
			self.setError(text);
			return !text;
		},
	};
	return self;
}

export const passwordField = ({ buttons, ...settings }) => field({ ...settings, type: 'password', buttons: (control) => {
	const show = iconButton('Show password', 'eye', () => {
		show.ariaPressed = control.type === 'password';
		control.type = control.type === 'text' ? 'password' : 'text';
	});
	show.ariaPressed = 'false';
	return [show, buttons?.(control)].flat();
} });

/** The body that changes what was changed; an emptied field is null. */
export const changes = (fields) => Object.fromEntries(fields.filter((one) => one.isChanged()).map((one) => [one.name, one.value || null]));

/** What `submit({signal, progress})` throws is shown where it belongs; `duplicate` [field's name, text] is for 422. */
export function form({ fields = [], children = [], submit, check, duplicate = [], isDirty, submitLabel = 'Save', kind = 'primary' }) {
	const summary = el('div.form-error', { role: 'alert' });
	const meter = el('progress', { hidden: true, 'aria-label': 'Progress' });
	const ok = el(`button.${kind}`, submitLabel);
	ok.type = 'submit';
	const say = (text) => { summary.textContent = text; return false; };
	let working;

	async function send() {
		if (isBusy(ok) || ok.disabled) return;
		say('');
		// The first that is wrong is checked last, and so has the focus.
		const wrong = fields.toReversed().filter((one) => !one.check());
		if (!(check?.() ?? true) || wrong.length) return;
		busy(ok, true);
		working = new AbortController();
		try {
			await submit({ signal: working.signal, progress: (value, max) => Object.assign(meter, { hidden: max <= 1000, max, value }) });
		} catch (error) {
			show(error);
		}
		meter.hidden = true;
		busy(ok, false);
	}

	function show(error) {
		const { status, message } = error;
		const twice = status === 422 && fields.find(({ name }) => name === duplicate[0]);
		if (twice) return twice.setError(duplicate[1]);
		// Each part of a 400 begins with the name of the property that it is about.
		if (status === 400) return say(message.split(', ').filter((text) => !fields.some((one) => text.replace('property ', '').startsWith(`${one.name} `) && (one.setError(text), true))).join(', '));
		say([409, 412].includes(status) ? 'Someone else changed this while you were editing. Nothing was saved: copy what you need and reload.' : explain(error));
		hold(ok, error);
		if (fields.length && (status === 0 || (status >= 500 && !error.retryAfter))) failure(error, send);
	}

	const element = el('form', { novalidate: true, onsubmit: (event) => { event.preventDefault(); send(); },
		onkeydown: (event) => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) { event.preventDefault(); send(); } } },
	el('div.body', fields.map((one) => one.element), children, meter, summary));
	return { element, ok, say, stop: () => isBusy(ok) && !working.abort(), isDirty: () => fields.some((one) => one.isChanged()) || Boolean(isDirty?.()) };
}

/** Opens a form over a page; leaving it asks first, if something would be lost. */
export function formDialog(view, title, sheet, { kind = 'drawer', focus, status } = {}) {
	if (view.signal.aborted) return;
	const leave = () => sheet.stop() || view.close(); // what is being sent is only stopped, where it can be
	sheet.element.append(el('div.foot', status, button('Cancel', leave, 'cancel'), sheet.ok));
	view.guard = sheet.isDirty;
	view.head(title);
	const node = dialog(kind, title, { body: sheet.element, leave });
	view.signal.addEventListener('abort', () => node.close());
	(focus ?? sheet.element.querySelector('input, select')).focus();
}

/** Sends what was changed, if anything, shows it on the page below, and leaves the dialog. */
export async function save(view, path, body, text) {
	if (Object.keys(body).length) {
		view.page.changed(await post(path, body));
		toast(text);
	}
	view.close(true);
}

/** Makes a record, and goes to its page. */
export async function create(view, path, body) {
	const record = await post(path, body);
	toast(`${record.name ?? record.email} created`);
	view.leave(`${path}/${record.id}`);
}

/** Asks first, then does `run({progress, signal})`; answers whether it was done. `tick`: a box that must be ticked. */
export const prompt = (title, { text, content, confirm, cancel = 'Cancel', kind, tick, run }) => new Promise((resolve) => {
	const id = newId();
	const box = tick && el('input', { type: 'checkbox' });
	const finish = (answer) => { node.close(); resolve(answer); };
	const sheet = form({ submitLabel: confirm, kind, check: () => !tick || box.checked || sheet.say(`Tick “${tick}” first.`),
		children: [el('div', { id }, el('p', text), content), box && el('label.choice', box, tick)], submit: async (options) => { await run?.(options); finish(true); } });
	const leave = () => sheet.stop() || finish(false);
	const no = button(cancel, leave, 'cancel');
	sheet.element.append(el('div.foot', no, sheet.ok));
	const node = dialog('prompt', title, { role: 'alertdialog', leave, 'aria-describedby': id, body: sheet.element });
	no.focus();
});

/** Offers what `find(q, signal)` → [{label, hint}] finds; `isOpen` keeps the list in sight. */
export function combobox({ label, placeholder, find, choose, isOpen = false }) {
	const id = newId();
	const listbox = el('ul', { id, role: 'listbox', 'aria-label': label, hidden: true });
	const fresh = latest();
	let at, timer, items = [];

	function mark(index) {
		at = items.length && (index + items.length) % items.length;
		[...listbox.children].forEach((option, i) => { option.ariaSelected = i === at; });
		listbox.children[at].scrollIntoView({ block: 'nearest' });
		input.setAttribute('aria-activedescendant', listbox.children[at].id);
	}

	function show(isShown) {
		listbox.hidden = !isShown;
		input.ariaExpanded = isShown;
	}

	function pick(item) {
		if (!item) return;
		input.value = '';
		show(isOpen);
		choose(item);
	}

	async function search() {
		clearTimeout(timer);
		try {
			items = await find(input.value.trim(), fresh());
			const option = (props, ...content) => el('li', { role: 'option', id: newId(), ...props }, ...content);
			listbox.replaceChildren(...items.map((item) => option({ onpointerdown: (event) => event.preventDefault(), onclick: () => pick(item) }, el('bdi', item.label), el('span.muted', item.hint))),
				items.length ? '' : option({ 'aria-disabled': 'true' }, 'Nothing found'));
			show(isOpen || document.activeElement === input);
			at = -1;
			if (isOpen) mark(0);
		} catch (error) {
			failure(error);
		}
	}

	const input = el('input', { role: 'combobox', 'aria-label': label, placeholder, autocomplete: 'off', maxlength: 255, 'aria-expanded': 'false', 'aria-controls': id, 'aria-autocomplete': 'list',
		oninput: () => { clearTimeout(timer); timer = setTimeout(search, 200); },
		onblur: () => show(isOpen),
		onkeydown: async (event) => {
			const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
			const isEnter = event.key === 'Enter' && !event.ctrlKey && !event.metaKey;
			const isShown = !listbox.hidden;
			if (!step && !isEnter && !(event.key === 'Escape' && isShown && !isOpen)) return;
			event.preventDefault(); // Enter would submit the form, and Escape leave the dialog
			if (step && !isShown) await search();
			if (step) mark(Math.max(at + step, at < 0 ? 0 : -1));
			else if (isEnter) pick(isShown && items[at]);
			else show(false);
		} });
	if (isOpen) search();
	return { element: el('div.combobox', input, listbox), input };
}
