/** The metadata of groups and customers: a section that counts its keys, and a dialog with a grid that edits them. */
import { form, formDialog, save } from './form.js';
import { navigate } from './router.js';
import { button, el, icon, iconButton, keyCount, menuButton, newId, section } from './ui.js';

export const metadataSection = ({ metadata }, path) => section('Metadata', iconButton('Edit metadata', 'edit', () => navigate(`${path}/metadata/edit`)), keyCount(metadata));

export async function metadataDialog(view, path) {
	const { metadata } = await view.page.record;
	const grid = metadataGrid(metadata ?? {});
	formDialog(view, 'Edit metadata', form({ ...grid, children: grid.element, submit: () => save(view, path, grid.body(), 'Metadata saved') }));
}

const KINDS = ['', 'string', 'number', 'boolean']; // '' is whatever the text looks like
const LABELS = { string: 'Text', number: 'Number', boolean: 'True/false', object: 'Null', json: 'JSON' };
const isNested = (value) => typeof value === 'object' && value !== null;

/** What a text becomes, or undefined if it can't be of the kind. */
function convert(text, kind) {
	let value;
	try {
		value = JSON.parse(text);
	} catch { /* a text */ }
	if (kind === 'json') return isNested(value) ? value : undefined;
	// A number only if it is written just so: 007, 1e3 and what a double can't hold stay text.
	const isExact = `${value}` === text && (typeof value === 'boolean' || Number.isSafeInteger(value) || value % 1);
	if (!isExact || kind === 'string') value = text;
	return !kind || typeof value === kind ? value : undefined;
}

export function metadataGrid(metadata) {
	const lines = el('tbody');
	const rows = new Map();
	const used = () => [...lines.children].map((line) => rows.get(line)()).filter(({ name, text }) => name || text);
	const focus = (line) => line.querySelector('input').focus();
	const add = (before) => () => focus(insert(before));

	function insert(before, first = '', former = '') {
		const id = newId();
		const isLocked = isNested(former);
		const original = typeof former === 'string' ? former : JSON.stringify(former, null, 2);
		// Text that would become something else by itself stays text.
		const firstKind = isLocked ? 'json' : original === former && convert(former) !== former ? 'string' : '';
		let kind = firstKind;
		const input = (label, value, tag = 'input') => el(tag, { 'aria-label': label, value, 'aria-describedby': id, autocomplete: 'off', oninput: update });
		const key = input('Key', first);
		const text = input('Value', original, isLocked ? 'textarea' : 'input');
		const error = el('p.field-error', { id });
		const type = el('button.badge.grey', { disabled: isLocked, onclick: () => { kind = KINDS[(KINDS.indexOf(kind) + 1) % 4]; update(); } });
		const menu = menuButton('Row actions', () => [
			{ label: 'Insert row above', icon: 'up', run: add(line) }, { label: 'Insert row below', icon: 'down', run: add(line.nextSibling) }, null,
			{ label: 'Delete row', icon: 'trash', isDanger: true, run: () => {
				focus(line.nextSibling ?? line.previousSibling ?? insert(null));
				line.remove();
			} },
		]);
		const fail = (what) => {
			error.replaceChildren(...(what ? [icon('alert'), what] : []));
			key.ariaInvalid = text.ariaInvalid = Boolean(what);
			return what;
		};
		const read = () => ({ key, fail, name: key.value.trim(), text: text.value, value: text.value === original && kind === firstKind ? former : convert(text.value, kind) });
		function update() {
			const { name, value } = read();
			fail();
			type.textContent = LABELS[kind || typeof value];
			type.ariaLabel = `${type.textContent}: type of ${name || 'new row'}${kind ? '' : ', automatic'}`;
			menu.firstChild.ariaLabel = `Row actions for ${name || 'new row'}`;
		}
		const lock = isLocked && el('div', icon('lock'), original[0] === '[' ? ' [ … ] ' : ' { … } ',
			button('Edit as JSON', () => { lock.replaceWith(text); text.focus(); }, 'plain.small'), el('p.muted', 'Edit nested values through the API'));
		const line = el('tr', isLocked ? {} : { onpaste, onkeydown }, el('td', key), el('td', lock || text, error), el('td', type), el('td', !isLocked && menu));
		function onpaste(event) {
			const pairs = [...event.clipboardData.getData('text').matchAll(/^([^\t\r\n]+)\t?([^\t\r\n]*)/gm)];
			if (!pairs.some((pair) => pair[2])) return;
			event.preventDefault(); // two columns of a spreadsheet become rows
			focus(pairs.map(([, name, value]) => insert(line, name, convert(value)))[0]);
			line.remove();
		}
		function onkeydown(event) {
			if (event.target !== text || event.key !== 'Enter' || event.ctrlKey || event.metaKey) return;
			event.preventDefault();
			focus(line.nextSibling ?? insert(null));
		}
		key.readOnly = isLocked;
		rows.set(line, read);
		update();
		return lines.insertBefore(line, before);
	}

	Object.entries(metadata).forEach((pair) => insert(null, ...pair));
	if (!rows.size) insert(null);

	/** What must be sent, if anything: v1 merges, and takes an empty text for "remove this key". */
	function body() {
		const now = new Map(used().map(({ name, value }) => [name, value]));
		const all = new Map([...Object.keys(metadata).map((name) => [name, '']), ...now]); // keeps the stored order
		const patch = [...all].filter(([name, value]) => !Object.hasOwn(metadata, name) || !now.has(name) || JSON.stringify(value) !== JSON.stringify(metadata[name]));
		return patch.length ? { metadata: Object.fromEntries(patch) } : {};
	}

	function check() {
		const faults = used().filter(({ name, value, fail }, i, all) => fail(!name ? 'Enter a key'
			: all.filter((row) => row.name === name).length > 1 ? 'This key is there twice'
				: value === '' && metadata[name] !== '' ? 'Enter a value. An empty one would delete the key: delete the row instead.'
					: value === undefined && 'This is not of the type that was chosen'));
		faults[0]?.key.focus();
		return !faults.length;
	}

	const element = el('div', el('table.metadata', el('caption.visually-hidden', 'Metadata'),
		el('thead', el('tr', ['Key', 'Value', 'Type', 'Actions'].map((name) => el('th', { scope: 'col' }, name)))), lines),
	Object.values(metadata).some(isNested) && el('p.muted', 'Some rows are locked, because their values are nested.'));
	return { element, check, body, isDirty: () => 'metadata' in body() };
}
