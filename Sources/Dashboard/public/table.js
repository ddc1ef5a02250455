/** The table of every list, and the picker. What decides the rows is in the address. */
import { get, isAbort, latest } from './api.js';
import { form, formDialog } from './form.js';
import { query, setQuery, settled } from './router.js';
import { bdi, button, byId, date, el, empty, errorPanel, failure, grid, icon, iconButton, isCovered, isTextField, menuButton, number, plural, popper, refill, section, shortcut, skeleton } from './ui.js';

const PERIODS = [['today', 'Today', 0], ...[7, 30, 90].map((days) => [`${days}d`, `Last ${days} days`, days]), ['12m', 'Last 12 months', 365], ['..', 'Custom']];
const announce = (text) => { byId('announcer').textContent = text; };
const iso = (time) => new Date(time).toISOString();

function asked(kind, value) {
	if (kind === 'radio' || !value) return value;
	if (kind === 'check') return value.split(',');
	const [from, to] = value.split('..');
	if (to === undefined) return { gte: iso(new Date().setHours(-24 * PERIODS.find(([key]) => key === value)[2], 0, 0, 0)) };
	return { gte: from && iso(`${from}T00:00`), lt: to && iso(`${to}T24:00`) }; // the last day is included
}

function searchBox(label, run) {
	let timer;
	const search = () => run(box.value.trim());
	const box = el('input', { type: 'search', placeholder: label, 'aria-label': label, maxlength: 255, form: 'none', onchange: search, // Enter must not submit the form around it
		oninput: () => { clearTimeout(timer); timer = setTimeout(search, 300); } });
	return box;
}

export function table(view, { sorts, filters = [], prefix = '', size = 20, level = 2, order: usual = '-created_at', name, selection, ...spec }) {
	const columns = spec.columns.map(([label, cell, kind, sort]) => ({ label, show: cell.call ? cell : (row) => row[cell], kind, sort }));
	const showName = columns[0].show;
	Object.assign(columns[0], { kind: 'first', show: showFirst });
	const chips = filters.map(makeChip);
	const { key: letter, run, blocked = () => '' } = selection ?? {};
	const selected = new Map();
	const fresh = latest(view.signal);
	let state, last, count = 0, rows = [];

	const byFilter = (give) => Object.fromEntries(chips.map((chip) => [chip.key, give(chip)]));
	const pageStart = (offset) => Math.floor(offset / size) * size;
	function read() {
		const value = (key) => query().get(prefix + key) ?? '';
		const order = value('order');
		return { q: search && value('q'), offset: pageStart(/^\d{1,9}$/.exec(value('offset'))),
			order: sorts?.some(([key]) => [key, `-${key}`].includes(order)) ? order : usual, ...byFilter(({ key, put }) => put(value(key))) };
	}
	const refine = (changes, replace) => view.signal.aborted || setQuery({ offset: 0, ...changes }, replace, prefix);
	const clear = (q) => {
		refine({ q, ...byFilter(() => '') });
		title.focus();
	};
	const isFiltered = () => state.q || filters.some(([key]) => state[key]);
	const setOrder = (order) => refine({ order: order !== usual && order });
	async function fetchRows(page, signal, wanted = state) {
		const request = { ...wanted, ...byFilter(({ key, kind }) => asked(kind, wanted[key])), ...page };
		if (spec.load) return spec.load(request);
		const answer = await get(spec.from, { query: { ...request, ...spec.also?.(request) }, signal });
		return { rows: answer[spec.list], count: answer.count };
	}

	const search = spec.hasSearch && searchBox('Search', (q) => q !== state.q && refine({ q }, true));
	const isOff = ({ node }) => node.hidden;
	const addFilter = menuButton('Add filter', () => chips.filter(isOff), button('Add filter'));
	const clearAll = button('Clear all', () => clear(state.q), 'plain.small');
	const sortBy = sorts && menuButton('Sort by', () => {
		const [, sign, key] = /(-?)(.*)/.exec(state.order);
		const item = (order, label) => ({ label, isChecked: order === state.order, run: () => setOrder(order) });
		return [...sorts.map(([value, label]) => item(sign + value, label)), null, item(key, 'Ascending'), item(`-${key}`, 'Descending')];
	}, button('Sort by'));
	const toolbar = el('div.bars', el('div.row', addFilter, chips.map(({ node }) => node), clearAll), el('div.search', search, sortBy));
	const headBox = el('input', { type: 'checkbox', 'aria-label': 'Select all on this page', onclick: () => choose(rows, headBox.checked) });
	if (selection) columns.unshift({ label: el('label', headBox), kind: 'tick', show: showTick });
	if (spec.menu) columns.push({ label: el('span.visually-hidden', 'Actions'), kind: 'more', show: (row) => menuButton(`Actions for ${row[name]}`, () => spec.menu(row)) });
	const body = el('tbody', { onclick: goTo, onauxclick: goTo }, Array(size).fill().map(() => el('tr', { 'aria-hidden': true }, columns.map(() => el('td', skeleton())))));
	const whole = grid('table', spec.title, [], body);
	const foot = el('div.bars.muted');
	const panel = el('div', el('span.visually-hidden', 'Loading'));
	const bar = el(`div.row${run ? '.bar' : ''}`, { role: 'region', 'aria-label': 'Bulk actions', hidden: true });
	const element = section(level > 1 && spec.title, spec.actions, '', toolbar, el('div.progress'), el('div.scroller', whole), panel, foot, bar);
	const title = element.querySelector('h1, h2');
	title.textContent = spec.title;

	function showHead({ label, sort, kind }) {
		const orders = [sort, `-${sort}`];
		const at = orders.indexOf(state.order);
		return el('th', { scope: 'col', class: kind, 'aria-sort': ['ascending', 'descending'][at] },
			sort ? el('button', { onclick: () => setOrder([...orders, usual][at + 1]) }, label, el('span.arrow', at >= 0 && icon(['up', 'down'][at]))) : label);
	}

	// For the mouse a row is its link.
	function goTo({ target, ctrlKey, metaKey, button: which }) {
		const link = target.closest('tr').querySelector('.first a');
		if (!link || which > 1 || target.closest('a, button, label, [popover]') || `${getSelection()}`) return;
		if (ctrlKey || metaKey || which) open(link.href);
		else link.click();
	}

	function showTick(row, at) {
		const why = blocked(row);
		return el('label', el('input', { type: 'checkbox', 'aria-label': `Select ${row[name]}`, value: row.id, checked: why, disabled: why, title: why, onclick: ({ target, shiftKey }) => {
			const [from, to] = [at, shiftKey ? last : at].sort((a, b) => a - b);
			choose(rows.slice(from, to + 1), target.checked);
			last = at;
		} }));
	}

	function showFirst(row) {
		const text = bdi(showName(row));
		const why = blocked(row);
		return [spec.path ? el('a', { href: `/app${spec.path}/${row.id}`, title: row[name] }, text) : text, why && el('span.muted', ` ${why}`),
			el('div.extra', columns.map(({ kind, show }) => kind === 'secondary' && el('span', show(row))))];
	}

	function draw() {
		const total = plural(count, 'result');
		const all = Math.ceil(count / size) || 1;
		const { offset } = state;
		const at = offset / size + 1;
		const nothing = isFiltered() ? ['search', 'No results', 'Nothing matches search and filters.', button('Clear search and filters', () => clear())] : spec.empty;
		showPanel(!rows.length && empty(...nothing));
		toolbar.hidden = !search || (whole.hidden && !isFiltered());
		refill(body, rows.map((row, i) => el('tr', columns.map(({ kind, show }) => el('td', { class: kind }, show(row, i))))));
		const step = (label, offset, disabled) => el('button.small', { disabled, onclick: () => refine({ offset }) }, label);
		refill(foot, `${number(offset + 1)} – ${number(offset + rows.length)} of ${total}`,
			el('div.row', `${number(at)} of ${plural(all, 'page')}`, step('Previous', offset - size, !offset), step('Next', offset + size, at >= all)));
		drawSelection();
		announce(`${total}, page ${number(at)} of ${number(all)}`);
	}

	function showPanel(content) {
		refill(panel, content);
		whole.hidden = foot.hidden = content;
		element.ariaBusy = 'false';
	}

	async function load() {
		const signal = fresh();
		element.ariaBusy = 'true';
		try {
			const answer = await fetchRows({ limit: size }, signal);
			signal.throwIfAborted();
			({ rows, count } = answer);
			last = 0;
			if (!rows.length && count && state.offset) return refine({ offset: pageStart(count - 1) }, true);
			spec.onLoad?.({ rows, count, isFiltered: isFiltered() });
			draw();
			settled();
		} catch (error) {
			if (!isAbort(error)) showPanel(errorPanel(error, load));
		}
	}

	function follow() {
		const former = state;
		state = read();
		if (JSON.stringify(state) === JSON.stringify(former)) return;
		if (search && state.q !== former?.q && state.q !== search.value.trim()) search.value = state.q;
		refill(whole.tHead.rows[0], columns.map(showHead));
		drawChips();
		load();
	}

	function makeChip([key, label, kind, options = PERIODS]) {
		let hasChanged;
		const names = new Map(options.call ? [] : options);
		const [from, to] = [1, 2].map(() => el('input', { type: 'date', max: '9999-12-31' }));
		const fault = el('p.field-error', { role: 'alert' });
		const dates = el('div.dates', el('label', 'From', from), el('label', 'To', to), fault);
		const list = el('div');
		const face = el('button', { 'aria-haspopup': 'dialog' });
		const node = el('span.chip', popper(face, { role: 'dialog', 'aria-label': label, fill, onchange: apply, ontoggle: drawChips }),
			iconButton(`Remove filter ${label}`, 'close', () => { refine({ [key]: '' }); title.focus(); }));
		const ticked = () => Array.from(list.querySelectorAll(':checked'), (box) => box.value).join();
		const range = () => (from.value || to.value) && `${from.value}..${to.value}`;
		const take = () => ticked().replace('..', range());

		function put(text) {
			if (text === take()) return text;
			if (options.call && text) learn({ ids: text.split(','), signal: view.signal }).then(redraw, () => {});
			[from.value, to.value] = text.split('..');
			for (const day of [from, to]) if (!day.validity.valid) day.value = '';
			offer(range() ? '..' : text);
			return take();
		}

		async function learn(wanted) {
			const found = await options(wanted);
			found.forEach((pair) => names.set(...pair));
			return found.map(([value]) => value);
		}

		function offer(text, values = [...names.keys()]) {
			const chosen = kind === 'check' ? text.split(',') : [text];
			const all = new Set([...values, ...chosen.filter((value) => value && (options.call || names.has(value)))]);
			list.replaceChildren(...Array.from(all, (value) =>
				el('label.choice', el('input', { type: kind === 'check' ? 'checkbox' : 'radio', name: key, value, checked: chosen.includes(value) }), bdi(names.get(value) ?? value))), values.length ? dates : 'Nothing found');
			dates.hidden = text !== '..';
		}

		function fill() {
			hasChanged = false;
			offer(ticked());
			if (!options.call) return [list];
			const newest = latest(view.signal);
			const find = (q) => learn({ q, signal: newest() }).then((found) => offer(ticked(), found)).catch(failure);
			find('');
			return [searchBox(`Find ${label}`, find), list];
		}

		function apply() {
			dates.hidden = ticked() !== '..';
			fault.textContent = to.value && from.value > to.value ? 'From is after To' : '';
			if (take() === state[key] || fault.firstChild || list.querySelector(':invalid')) return;
			refine({ [key]: take() }, hasChanged);
			hasChanged = true;
		}

		function redraw() {
			const text = state[key];
			node.hidden = !text && !node.querySelector(':popover-open');
			face.replaceChildren(`${label}: `, el('b', bdi(text.includes('..') ? text.split('..').map((day) => (day ? date(`${day}T00:00`) : '…')).join(' – ') : text.split(',').map((value) => names.get(value) ?? value).join(', '))));
		}

		return { key, kind, label, node, put, redraw, run: () => { node.hidden = false; face.focus(); face.click(); drawChips(); } };
	}

	function drawChips() {
		for (const { redraw } of chips) redraw();
		clearAll.hidden = chips.every(isOff);
		addFilter.hidden = !chips.some(isOff);
	}

	function choose(some, isOn) {
		for (const row of some) {
			if (isOn && !blocked(row)) selected.set(row.id, { id: row.id, [name]: row[name] });
			else selected.delete(row.id);
		}
		drawSelection();
	}

	const deselect = (ids = selected.keys()) => choose(Array.from(ids, (one) => ({ id: one })));

	function drawSelection() {
		if (!selection || bar.querySelector('progress')) return;
		const boxes = [...body.querySelectorAll('.tick :enabled')];
		for (const box of boxes) {
			box.checked = selected.has(box.value);
			box.closest('tr').classList.toggle('selected', box.checked);
		}
		headBox.disabled = !boxes.length;
		headBox.checked = boxes.every(({ checked }) => checked);
		headBox.indeterminate = !headBox.checked && boxes.some(({ checked }) => checked);
		const some = selected.size;
		bar.hidden = run && !some;
		refill(bar, [`${number(some)} selected`,
			headBox.checked && count > Math.max(rows.length, some) && button(`Select all ${number(count)}`, collect, 'plain.small'),
			some && run && button([selection.label, letter && el('kbd', { 'aria-hidden': true }, letter.toUpperCase())], () => run([...selected.keys()])),
			some && button('Clear', () => deselect(), 'plain.small')]);
		if (some) announce(bar.firstChild.textContent);
	}

	async function collect() {
		const renew = latest(view.signal);
		const signal = renew();
		const [all, wanted] = [count, state]; // whatever is filtered meanwhile
		const quarter = Math.ceil(all / 400) * 100;
		const meter = el('progress', { max: all, 'aria-label': 'Selecting' });
		bar.replaceChildren(meter, button('Cancel', renew));
		bar.lastChild.focus();
		try {
			// Four side by side, each from page to page: the server finds next pages quickly.
			await Promise.all([0, 1, 2, 3].map(async (nth) => {
				for (let at = nth * quarter; at < Math.min((nth + 1) * quarter, all); at += 100) {
					choose((await fetchRows({ limit: 100, offset: at, order: 'id' }, signal, wanted)).rows, true);
					meter.value += 100;
				}
			}));
		} catch (error) {
			renew();
			failure(error, collect);
		}
		meter.remove();
		drawSelection();
	}

	if (search && !prefix) shortcut('/', () => search.select(), view.signal);
	if (letter) shortcut(letter, () => bar.querySelector('kbd')?.click(), view.signal);
	if (run) addEventListener('keydown', (event) => {
		if (event.key === 'Escape' && !event.defaultPrevented && !isCovered() && !isTextField(event.target)) bar.querySelector('progress') ? bar.lastChild.click() : deselect();
	}, { signal: view.signal });
	view.onQuery(follow);
	view.onChange((record) => record || load());
	follow();
	return { element, bar, selected, deselect, redraw: draw };
}

export function picker(view, title, { noun, blocked, save, ...spec }) {
	const gone = new Set();
	const { element, bar, selected, deselect, redraw } = table(view, { ...spec, title: `All ${noun}s`, prefix: 'm_', size: 10, hasSearch: true, empty: ['users', `No ${noun}s yet`],
		selection: { blocked: (row) => (gone.has(row.id) ? 'No longer exists' : blocked(row)) } });
	const submit = async (options) => {
		const ids = [...selected.keys()];
		try {
			await save(ids, { ...options, rows: [...selected.values()], onDone: deselect });
			view.close(true);
		} catch (error) {
			for (const id of ids) if (error.status === 404 && error.message.includes(id)) gone.add(id); // v1's message names them
			deselect(gone);
			redraw();
			throw error;
		} finally {
			if (selected.size < ids.length) view.page.changed();
		}
	};
	const sheet = form({ submit, children: element, isDirty: () => selected.size, check: () => selected.size || sheet.say(`Select at least one ${noun}`) });
	formDialog(view, title, sheet, 'modal-page', bar);
}
