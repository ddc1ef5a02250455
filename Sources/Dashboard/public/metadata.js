/** Metadata: its section on a page, and the dialog with a grid. */
import { form, formDialog, save } from './form.js';
import { navigate } from './router.js';
import { el, icon, iconButton, keyCount, menuButton, newId, section } from './ui.js';

export const metadataSection = ({ metadata }, path) => section('Metadata', iconButton('Edit metadata', 'edit', () => navigate(`${path}/metadata/edit`)), keyCount(metadata));

export async function metadataDialog(view, path) {
	const grid = metadataGrid((await view.page.record).metadata);
	formDialog(view, 'Edit metadata', form({ ...grid, children: grid.element, submit: () => save(view, path, grid.body(), 'Metadata saved') }));
}

const LABELS = { string: 'Text', number: 'Number', boolean: 'True/false', object: 'Null', json: 'JSON' };
const isNested = (value) => Object(value) === value;

/** What a text becomes; NaN if it can't be of the kind. */
function convert(text, kind) {
	let value;
	try {
		value = JSON.parse(text);
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
	const goTo = (line) => (line ? line.querySelector('input').focus() : insert());

	function insert(before, first, former = '') {
		const id = newId();
		const isLocked = isNested(former);
		const original = isLocked ? JSON.stringify(former, null, 2) : `${former}`;
		// Text that would become something else by itself stays text.
		const firstKind = isLocked ? 'json' : original === former && convert(former) !== former ? 'string' : '';
		let kind = firstKind;
		const input = (label, value, tag) => el(tag || 'input', { 'aria-label': label, value, 'aria-describedby': id, oninput: update });
		const key = input('Key', first);
		const text = input('Value', original, isLocked && 'textarea');
		const error = el('p.field-error', { id });
		// '' is whatever the text looks like.
		const type = el('button.badge.grey', { disabled: isLocked, onclick: () => { kind = { '': 'string', string: 'number', number: 'boolean' }[kind] ?? ''; update(); } });
		const menu = menuButton('Row actions', () => [
			{ label: 'Insert row above', icon: 'up', run: () => insert(line) }, { label: 'Insert row below', icon: 'down', run: () => insert(line.nextSibling) }, null,
			{ label: 'Delete row', icon: 'trash', isDanger: true, run: () => { goTo(line.nextSibling ?? line.previousSibling); line.remove(); } },
		]);
		const shown = isLocked ? [el('details', el('summary', icon('lock'), original[0] === '[' ? ' [ … ] ' : ' { … } ', 'Edit as JSON'), text), el('p.muted', 'Edit nested values through the API')] : text;
		const line = el('tr', isLocked ? {} : { onpaste, onkeydown }, el('td', key), el('td', shown, error), el('td', type), el('td', !isLocked && menu));
		line.read = () => ({ key, name: key.value.trim(), text: text.value, value: text.value === original && kind === firstKind ? former : convert(text.value, kind),
			fail(what) {
				error.textContent = what || '';
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
			for (const [, name, value] of pairs) insert(line, name, convert(value));
			line.remove();
		}
		function onkeydown(event) {
			if (event.target !== text || event.key !== 'Enter' || event.ctrlKey || event.metaKey) return;
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
		const faults = used().filter(({ name, value, fail }, i, all) => fail(!name ? 'Enter a key'
			: all.filter((row) => row.name === name).length > 1 ? 'This key is there twice'
				: value === '' && stored.get(name) !== '' ? 'Enter a value. An empty one would delete the key: delete the row instead.'
					: Number.isNaN(value) && 'This is not of the type that was chosen'));
		faults[0]?.key.focus();
		return !faults.length;
	}

	const element = el('div', el('table.metadata', el('caption.visually-hidden', 'Metadata'),
		el('thead', el('tr', ['Key', 'Value', 'Type', 'Actions'].map((name) => el('th', { scope: 'col' }, name)))), lines),
	[...stored.values()].some(isNested) && el('p.muted', 'Some rows are locked, because their values are nested.'));
	return { element, check, body, isDirty: () => 'metadata' in body() };
}
