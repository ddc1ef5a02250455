/** The table of every list: search, filters, sorting, paging, selection. What decides its rows is kept in the address. */
import { get, isAbort, latest } from './api.js';
import { form, formDialog } from './form.js';
import { query, setQuery, settled } from './router.js';
import { announce, bdi, button, date, el, empty, errorPanel, failure, icon, isCovered, isTextField, menuButton, newId, number, plural, popper, refill, shortcut, skeleton } from './ui.js';

const PERIODS = [['today', 'Today', 0], ['7d', 'Last 7 days', 7], ['30d', 'Last 30 days', 30], ['90d', 'Last 90 days', 90], ['12m', 'Last 12 months', 365]];
const day = (text) => new Date(`${text}T00:00`); // here, not in Greenwich
const midnight = (time, step) => new Date(time.getFullYear(), time.getMonth(), time.getDate() + step).toISOString();

/** A filter's value in the address, as far as it means something. */
function valid({ kind, options }, text) {
	const ends = text.split('..');
	if (kind === 'date' && ends.length === 2 && ends.some(Boolean) && ends.every((end) => !end || day(end) < Infinity)) return text;
	return (kind === 'check' ? text.split(',') : [text]).filter((value) => (options.call ? value : options.some(([known]) => known === value))).join();
}

/** What a filter asks the API for. Computed for each request, so that "today" is today. */
function asked({ kind }, value) {
	if (kind === 'radio' || !value) return value;
	if (kind === 'check') return value.split(',');
	const [from, to] = value.split('..');
	if (to === undefined) return { gte: midnight(new Date(), -PERIODS.find(([key]) => key === value)[2]) };
	return { gte: from && midnight(day(from), 0), lt: to && midnight(day(to), 1) }; // the last day is included
}

export function table(view, { sorts = [], prefix = '', size = 20, level = 2, selection, ...spec }) {
	const columns = spec.columns.map(([label, cell, more]) => ({ label, show: cell.call ? cell : (row) => row[cell], ...more }));
	const filters = (spec.filters ?? []).map((filter) => ({ options: PERIODS, ...filter }));
	const labels = new Map(filters.flatMap(({ options }) => (options.call ? [] : options))); // of filters' values
	const learn = (found) => found.forEach(([value, text]) => labels.set(value, text));
	const selected = new Map();
	const fresh = latest(view.signal);
	let state, typing, collecting, last, count = 0, rows = [];

	// The address

	const byFilter = (give) => Object.fromEntries(filters.map((filter) => [filter.key, give(filter)]));
	const bare = (order) => order.replace(/^-/, '');
	function read() {
		const params = query();
		const value = (key) => params.get(prefix + key) ?? '';
		const [offset, order] = [value('offset'), value('order')];
		const isSort = [...sorts.map(([key]) => key), ...columns.map(({ sort }) => sort)].includes(bare(order));
		return { q: spec.hasSearch && value('q'), offset: /^\d{1,9}$/.test(offset) ? offset - (offset % size) : 0, order: isSort ? order : spec.order,
			...byFilter((filter) => valid(filter, value(filter.key))) };
	}
	const refine = (changes, replace) => setQuery(Object.fromEntries(Object.entries({ offset: 0, ...changes }).map(([key, value]) => [prefix + key, value])), replace);
	const clear = (also) => refine({ ...also, ...byFilter(() => '') });
	const isFiltered = () => state.q || filters.some(({ key }) => state[key]);
	const setOrder = (order) => refine({ order: order !== spec.order && order });
	async function fetchRows(offset, limit, signal, order = state.order) {
		const request = { limit, offset, order, q: state.q, ...byFilter((filter) => asked(filter, state[filter.key])) };
		if (spec.load) return spec.load(request);
		const answer = await get(spec.from, { query: { ...request, ...(spec.also?.call ? spec.also(request) : spec.also) }, signal });
		return { rows: answer[spec.list], count: answer.count };
	}

	// Its parts

	const id = newId();
	const title = el(`h${level}.table-title`, { id, tabindex: -1 }, bdi(spec.title));
	const search = spec.hasSearch && el('input', { type: 'search', placeholder: 'Search', 'aria-label': 'Search', maxlength: 255,
		oninput: () => { clearTimeout(typing); typing = setTimeout(applySearch, 300); },
		onkeydown: (event) => {
			if (event.key !== 'Enter' || event.ctrlKey || event.metaKey) return;
			event.preventDefault(); // in a dialog it would submit the form
			applySearch();
		} });
	const chips = filters.map(makeChip);
	const addFilter = menuButton('Add filter', () => chips.filter(({ node }) => node.hidden), el('button.small', icon('plus'), 'Add filter'));
	const clearAll = button('Clear all', () => clear(), 'plain.small');
	const sortBy = sorts.length > 0 && menuButton('Sort by', () => {
		const key = bare(state.order);
		const sign = state.order.replace(key, '');
		const item = (order, label) => ({ label, isChecked: order === state.order, run: () => setOrder(order) });
		return [...sorts.map(([value, label]) => item(sign + value, label)), null, item(key, 'Ascending'), item(`-${key}`, 'Descending')];
	}, el('button.small', icon('sort'), 'Sort by'));
	const toolbar = el('div.bars', el('div.row', addFilter, chips.map(({ node }) => node), clearAll), el('div.search', search, sortBy));
	const head = (content, kind) => el('th', { scope: 'col', class: kind }, content);
	const headBox = selection && el('input', { type: 'checkbox', 'aria-label': 'Select all on this page', onclick: () => choose(rows, headBox.checked) });
	// Ascending, descending, default.
	const cycle = (sort) => setOrder({ [sort]: `-${sort}`, [`-${sort}`]: spec.order }[state.order] ?? sort);
	const heads = columns.map(({ label, sort, kind }) => head(sort ? el('button', { onclick: () => cycle(sort) }, label, el('span.arrow')) : label, kind));
	const body = el('tbody', { onclick: goTo, onauxclick: goTo }, Array.from({ length: size }, () => el('tr', { 'aria-hidden': 'true' }, columns.map(() => el('td', skeleton())))));
	const grid = el('table', el('caption.visually-hidden', spec.title),
		el('thead', el('tr', selection && head(el('label', headBox), 'tick'), heads, spec.menu && head(el('span.visually-hidden', 'Actions'), 'more'))), body);
	const [previous, next] = [['Previous', -size], ['Next', size]].map(([label, step]) => button(label, () => refine({ offset: state.offset + step })));
	const [range, pages] = [el('span'), el('span')];
	const foot = el('div.bars.muted', { hidden: true }, range, el('div.row', pages, previous, next));
	const panel = el('div', el('span.visually-hidden', 'Loading'));
	const element = el('section.card', { 'aria-labelledby': id, 'aria-busy': 'true' },
		el('div.bars', el('div', title), el('div.row', spec.actions)), toolbar, el('div.progress'), el('div.scroller', grid), panel, foot);

	// Rows

	/** The whole row is its link, for the mouse. */
	function goTo({ target, ctrlKey, metaKey, button: which }) {
		const link = target.closest('tr').querySelector('.first a');
		if (!link || which > 1 || target.closest('a, button, label, [popover]') || `${getSelection()}`) return;
		if (ctrlKey || metaKey || which) open(link.href, '_blank', 'noopener');
		else link.click();
	}

	function drawRow(row) {
		const name = row[spec.name];
		const why = selection?.blocked?.(row);
		const [first, ...rest] = columns;
		const text = bdi(first.show(row));
		return el('tr',
			selection && el('td.tick', el('label', el('input', { type: 'checkbox', 'aria-label': `Select ${name}`, value: row.id, checked: why, disabled: why, title: why, onclick: (event) => tick(row, event) }))),
			el('td.first', spec.path ? el('a', { href: `/app${spec.path}/${row.id}`, title: name }, text) : text, why && el('span.muted', ` ${why}`),
				// On narrow screens the secondary columns are read here.
				el('div.extra', rest.map(({ kind, show }) => kind === 'secondary' && el('span', show(row))))),
			rest.map(({ kind, show }) => el('td', { class: kind }, show(row))),
			spec.menu && el('td.more', menuButton(`Actions for ${name}`, () => spec.menu(row))));
	}

	function draw() {
		const all = Math.ceil(count / size) || 1;
		const at = state.offset / size + 1;
		showPanel(!rows.length && (isFiltered() ? empty('search', 'No results', 'Nothing matches the search and the filters.', button('Clear search and filters', () => clear({ q: '' })))
			: empty(...spec.empty)));
		toolbar.hidden = !search || (grid.hidden && !isFiltered());
		refill(body, rows.map(drawRow));
		range.textContent = `${number(state.offset + 1)} – ${number(state.offset + rows.length)} of ${plural(count, 'result')}`;
		pages.textContent = `${number(at)} of ${plural(all, 'page')}`;
		previous.disabled = !state.offset;
		next.disabled = at >= all;
		columns.forEach(({ sort }, i) => {
			const [way, arrow] = { [sort]: ['ascending', 'up'], [`-${sort}`]: ['descending', 'down'] }[state.order] ?? [null];
			heads[i].ariaSort = way;
			heads[i].querySelector('.arrow')?.replaceChildren(arrow ? icon(arrow) : '');
		});
		announce(`${plural(count, 'result')}, page ${number(at)} of ${number(all)}`);
		drawSelection();
	}

	/** Shows something in place of the rows, or the rows. */
	function showPanel(content) {
		panel.replaceChildren(content || '');
		grid.hidden = foot.hidden = content;
		element.ariaBusy = 'false';
	}

	async function load() {
		const signal = fresh();
		element.ariaBusy = 'true';
		try {
			const answer = await fetchRows(state.offset, size, signal);
			signal.throwIfAborted();
			({ rows, count } = answer);
			if (!rows.length && count && state.offset) return refine({ offset: count - 1 - ((count - 1) % size) }, true);
			spec.onLoad?.({ rows, count, isFiltered: isFiltered() });
			draw();
			settled();
		} catch (error) {
			if (!isAbort(error)) showPanel(errorPanel(error, load));
		}
	}

	/** Follows the address: after changes of ours, and after Back and Forward. */
	function follow() {
		const before = JSON.stringify(state);
		state = read();
		if (JSON.stringify(state) === before) return;
		if (search && !typing) search.value = state.q;
		drawChips();
		load();
	}

	function applySearch() {
		typing = clearTimeout(typing);
		const q = search.value.trim();
		if (q !== state.q) refine({ q }, true);
	}

	// Filters

	/** It stays when others come and go: its popover may be open. As an item of a menu it is a filter to add. */
	function makeChip({ key, kind, label, options }) {
		let hasChanged; // all that is changed while the popover is open is one step in the history
		const set = (value) => {
			if (value !== state[key]) refine({ [key]: value }, hasChanged);
			hasChanged = true;
		};
		const face = el('button', { 'aria-haspopup': 'dialog' });
		const node = el('span.chip', popper(face, { role: 'dialog', 'aria-label': label, onclose: drawChips, fill: () => { hasChanged = false; return choices(); } }),
			el('button', { 'aria-label': `Remove filter ${label}`, onclick: () => { refine({ [key]: '' }); title.focus(); } }, icon('close')));

		function redraw() {
			const value = state[key];
			node.hidden = !value && !node.querySelector(':popover-open');
			face.replaceChildren(...(value ? [`${label}: `, el('b', bdi(valueLabel(value)))] : [label]));
			const ids = options.call && value ? value.split(',').filter((id) => !labels.has(id)) : [];
			if (!ids.length) return;
			learn(ids.map((id) => [id, id])); // asks once; until then, and if it fails, the id stands for the name
			options({ ids, signal: view.signal }).then((found) => { learn(found); redraw(); }, () => {});
		}

		function choices() {
			const chosen = new Set(state[key] && state[key].split(','));
			const type = kind === 'check' ? 'checkbox' : 'radio';
			const choice = (value, text, onchange) => el('label.choice', el('input', { type, name: prefix + key, value, checked: chosen.has(value), onchange }), bdi(text));
			const list = (all) => all.map(([value, text]) => choice(value, text, ({ target }) => {
				if (kind !== 'check') chosen.clear();
				chosen[target.checked ? 'add' : 'delete'](value);
				learn(all);
				set([...chosen].join());
			}));
			if (kind === 'date') {
				const ends = state[key].includes('..') && state[key].split('..');
				const apply = () => {
					[from.max, to.min] = [to.value, from.value];
					if (from.validity.valid && to.validity.valid) set(from.value || to.value ? `${from.value}..${to.value}` : '');
				};
				const dates = el('div.dates', { hidden: !ends, onchange: apply }, ['From', 'To'].map((text, i) => el('label', text, el('input', { type: 'date', value: ends[i] ?? '' }))));
				const [from, to] = dates.querySelectorAll('input');
				if (ends) chosen.add('custom');
				return [...list(options), choice('custom', 'Custom', () => { dates.hidden = false; apply(); from.focus(); }), dates];
			}
			if (!options.call) return list(options);
			const box = el('div');
			const newest = latest();
			const find = () => options({ q: finder.value, signal: newest() }).then((found) => box.replaceChildren(...list(found), found.length ? '' : 'Nothing found')).catch(failure);
			const finder = el('input', { type: 'search', 'aria-label': `Find ${label}`, placeholder: 'Find', oninput: find });
			find();
			return [finder, box];
		}

		return { label, node, redraw, run: () => { node.hidden = false; clearAll.before(node); face.click(); drawChips(); } };
	}

	function drawChips() {
		chips.forEach((chip) => chip.redraw());
		clearAll.hidden = chips.every(({ node }) => node.hidden);
		addFilter.hidden = !chips.some(({ node }) => node.hidden);
	}

	function valueLabel(value) {
		if (!value.includes('..')) return value.split(',').map((one) => labels.get(one)).join(', ');
		const [from, to] = value.split('..').map((end) => end && date(day(end)));
		return from && to ? `${from} – ${to}` : from ? `from ${from}` : `until ${to}`;
	}

	// Selection: without something to run it is for a dialog that holds the bar

	const bar = selection && el(`div.row${selection.run ? '.bar' : ''}`, { role: 'region', 'aria-label': 'Bulk actions' });

	function tick(row, { target, shiftKey }) {
		const [from, to] = [rows.findIndex((one) => one.id === last), rows.indexOf(row)].sort((a, b) => a - b);
		choose(shiftKey && from >= 0 ? rows.slice(from, to + 1) : [row], target.checked);
		last = row.id;
	}

	function choose(some, isOn) {
		for (const row of some) {
			if (!isOn) selected.delete(row.id);
			else if (!selection.blocked?.(row)) selected.set(row.id, { id: row.id, [spec.name]: row[spec.name] }); // no more: it may be half a million
		}
		drawSelection();
	}

	function deselect(ids = selected.keys()) {
		for (const one of ids) selected.delete(one);
		drawSelection();
	}

	function drawSelection() {
		if (!selection || collecting) return;
		const boxes = [...body.querySelectorAll('.tick :enabled')];
		for (const box of boxes) {
			box.checked = selected.has(box.value);
			box.closest('tr').classList.toggle('selected', box.checked);
		}
		const ticked = boxes.filter((box) => box.checked).length;
		headBox.disabled = !boxes.length;
		headBox.checked = ticked && ticked === boxes.length;
		headBox.indeterminate = ticked && !headBox.checked;
		const { label, key, run } = selection;
		const some = selected.size;
		bar.hidden = run && !some;
		refill(bar, [`${number(some)} selected`,
			headBox.checked && count > Math.max(rows.length, some) && button(`Select all ${number(count)}`, collect, 'plain.small'),
			some && run && button([label, key && el('kbd', { 'aria-hidden': 'true' }, key.toUpperCase())], act),
			some && button('Clear', () => deselect(), 'plain.small')].filter(Boolean));
		if (some) announce(bar.firstChild.textContent);
	}

	const act = () => selected.size && !collecting && selection.run([...selected.keys()]);

	/** Selects all that match, page by page in an order that is quick and stays: the API's bulk calls know only ids. */
	async function collect() {
		collecting = new AbortController();
		const meter = el('progress', { max: count, 'aria-label': 'Selecting' });
		bar.replaceChildren(meter, button('Cancel', () => collecting.abort()));
		bar.lastChild.focus();
		try {
			const signal = AbortSignal.any([view.signal, collecting.signal]);
			for (let at = 0, all = count; at < all; at += 400) {
				meter.value = at;
				const pages = [at, at + 100, at + 200, at + 300].filter((offset) => offset < all).map((offset) => fetchRows(offset, 100, signal, 'id'));
				for (const page of await Promise.all(pages)) {
					all = page.count;
					choose(page.rows, true);
				}
			}
		} catch (error) {
			failure(error, collect);
		}
		collecting = null;
		drawSelection();
	}

	if (search && !prefix) shortcut('/', () => search.select(), view.signal);
	if (selection?.run) {
		bar.hidden = true;
		document.body.append(bar);
		view.signal.addEventListener('abort', () => bar.remove());
		if (selection.key) shortcut(selection.key, act, view.signal);
		document.addEventListener('keydown', (event) => {
			if (event.key === 'Escape' && !event.defaultPrevented && !isCovered() && !isTextField(event.target)) deselect();
		}, { signal: view.signal });
	}
	view.onQuery(follow);
	view.onChange((record) => record || load());
	follow();
	return { element, bar, search, selected, deselect, redraw: draw };
}

/** A modal page to choose rows of a table: its spec, and `noun`, `blocked(row)`, `save(ids, {rows, onDone, progress, signal})`. */
export function picker(view, title, { noun, blocked, save, ...spec }) {
	const gone = new Set();
	const { element, bar, search, selected, deselect, redraw } = table(view, { ...spec, title: `All ${noun}s`, prefix: 'm_', size: 10, hasSearch: true, empty: ['users', `There are no ${noun}s yet`],
		selection: { blocked: (row) => (gone.has(row.id) ? 'No longer exists' : blocked(row)) } });
	const sheet = form({
		children: element, isDirty: () => selected.size, check: () => selected.size || sheet.say(`Select at least one ${noun}`),
		submit: async (options) => {
			let isChanged;
			try {
				await save([...selected.keys()], { ...options, rows: [...selected.values()], onDone: (ids) => { isChanged = true; deselect(ids); } });
				view.close(true);
			} catch (error) {
				// v1 names those that are not there: `… do not exist: "id, id"`.
				if (error.status === 404) [...selected.keys()].filter((id) => error.message.includes(id)).forEach((id) => gone.add(id));
				deselect(gone);
				redraw();
				throw error;
			} finally {
				if (isChanged) view.page.changed();
			}
		},
	});
	formDialog(view, title, sheet, { kind: 'modal-page', focus: search, status: bar });
}
