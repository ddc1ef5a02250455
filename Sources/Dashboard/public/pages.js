/** What the pages of all kinds of records share. */
import { del, get, isAbort, post } from './api.js';
import { changes, form, formDialog, metadataGrid, prompt } from './form.js';
import { navigate, route, settled } from './router.js';
import { table } from './table.js';
import { bdi, copy, el, errorPanel, fact, failure, h1, iconButton, jsonSection, keyCount, link, menuButton, notFound, refill, section, skeleton, time, toast } from './ui.js';

export const menu = (path, label, run, more = []) =>
	[{ label: 'Edit', icon: 'edit', run: () => navigate(`${path}/edit`) }, ...more, ...(run ? [null, { label, icon: 'trash', isDanger: true, run }] : [])];

export function tableWith(view, to, label, { empty, leave, ...spec }) {
	const add = () => link(to, label, 'button.primary');
	return table(view, { hasSearch: true, selection: leave && { label: 'Remove', key: 'r', run: leave }, actions: add(), empty: [...empty, '', add()], ...spec });
}

export async function ask(view, title, { run, said, deselect, then = view.changed, ...more }) {
	let isDone;
	const onDone = (ids) => { isDone = true; deselect?.(ids); };
	await prompt(title, { confirm: 'Continue', kind: 'danger', ...more, run: async (options) => {
		await run({ ...options, onDone });
		if (!said) return;
		toast(said);
		onDone();
	} });
	if (isDone) then();
}

/** Where something must be read before it can be asked. */
export async function askKnowing(view, title, load, more) {
	const { root, signal } = view;
	if (root.ariaBusy || signal.aborted) return;
	root.ariaBusy = 'true';
	const what = await load().catch((error) => { signal.aborted || failure(error, () => askKnowing(view, title, load, more)); });
	root.ariaBusy = null;
	if (what && !signal.aborted) ask(view, title, { ...more, ...what });
}

export const save = (view, path, values, options) => post(path, values, options).catch((error) => {
	if (error.status === 412) view.changed();
	throw error;
});

const metadataSection = ({ metadata }, path) => section('Metadata', iconButton('Edit metadata', 'edit', () => navigate(`${path}/metadata/edit`)), keyCount(metadata));
const editMetadata = (_, { metadata }) => ({ heading: 'Edit metadata', said: 'Metadata saved', fields: [], ...metadataGrid(metadata) });

export function pages(kind, { list, details, edit, more, remove, hasMetadata, overList, overDetails }) {
	const { noun, title, name, mark, from: path } = kind;
	const home = [title, path];

	const menuOf = (view) => (record) => {
		const own = `${path}/${record.id}`;
		return menu(own, 'Delete', remove && (() => askKnowing(view, `Delete ${noun.toLowerCase()}?`, () => remove(record), { confirm: 'Delete', said: `${record.name} deleted`,
			run: (options) => del(own, undefined, options), then: () => (view.params.id ? navigate(path, true) : view.changed()) })), more?.(record, view));
	};

	function listPage(view) {
		view.list = tableWith(view, `${path}/create`, 'Create', { ...kind, level: 1, path, menu: menuOf(view), ...list(view) });
		view.root.append(view.list.element);
		view.head([home]);
	}

	function detailsPage(view) {
		const own = `${path}/${view.params.id}`;
		const { query, facts, children, rest = metadataSection } = details(view, own);
		const [badges, general, below] = [el('span'), el('dl.facts'), el('div.stack')];
		const head = section('', menuButton(`${noun.replace('Customer g', 'G')} actions`, () => menuOf(view)(record)), badges, general);
		let record;
		function show(version) {
			if (!record) refill(view.root, head, children, below);
			view.record = record = { ...record, ...version }; // answers to writes lack what was asked for besides
			head.querySelector('bdi').textContent = record[name];
			refill(badges, mark?.(record));
			refill(general, [...facts(record), ...dateSorts.map(([key, label]) => [label, time(record[key])]), ['ID', el('span.row', el('code', record.id), iconButton('Copy', 'copy', () => copy(record.id)))]].map(fact));
			refill(below, rest(record, own), jsonSection(record));
			view.head([home, [record[name]]]);
			settled();
			return record;
		}
		const attempt = () => (view.record = get(own, { query, signal: view.signal }).then(show, (error) => {
			const missing = error.status === 404 && `${noun} not found`;
			if (isAbort(error) || (record && !missing)) {
				failure(error, attempt);
				return record;
			}
			return new Promise((resolve) => { // who waits for the record waits for the Retry
				refill(view.root, missing ? notFound(missing, ...home) : [h1(noun), errorPanel(error, () => resolve(attempt()))]);
				view.head([[missing || noun]]);
			});
		}));
		view.root.append(el('div.card', { 'aria-busy': true }, skeleton()));
		view.onChange((version) => (version ? show(version) : attempt()));
		attempt();
	}

	const dialog = (make) => async (view) => {
		const { id } = view.params;
		const own = `${path}/${id}`;
		const record = await view.page.record ?? {};
		if (view.signal.aborted) return;
		const { heading = `${id ? 'Edit' : 'Create'} ${noun.toLowerCase()}`, look = id ? 'drawer' : 'modal-page', said = `${noun} saved`, fields, body = () => changes(fields), submit = (send) => send(), ...sheet } =
			make(view, record, own) ?? {};
		async function send(options) {
			const values = body();
			if (!id) {
				const made = await post(path, values, options);
				toast(`${made[name]} created`);
				return navigate(`${path}/${made.id}`, true);
			}
			if (Object.keys(values).length) {
				// All groups are sent, and would undo what others did.
				view.page.changed(await save(view.page, own, values, { ...options, seen: values.customer_groups && record }));
				toast(said);
			}
			view.close(true);
		}
		if (fields) formDialog(view, heading, form({ fields, submitLabel: id ? 'Save' : 'Create', submit: (options) => submit((own = options) => send(own)), ...sheet }), look);
	};

	for (const [start, page, dialogs] of [[path, listPage, { create: edit, ...overList }], [`${path}/:id`, detailsPage, { edit, ...(hasMetadata && { 'metadata/edit': editMetadata }), ...overDetails }]]) {
		route(start, page);
		for (const [end, make] of Object.entries(dialogs)) route(`${start}/${end}`, page, dialog(make));
	}
}

export const dateSorts = [['created_at', 'Created'], ['updated_at', 'Updated']];
export const dateFilters = dateSorts.map((sort) => [...sort, 'date']);
export const dateColumn = (label, key, sort) => [label, (record) => time(record[key]), 'secondary', sort];
export const created = dateColumn('Created', 'created_at', 'created_at');
export const inner = (kind) => ({ ...kind, title: `${kind.noun}s`, path: kind.from, size: 10 });
export const namesOf = (groups, few, none) => (groups.length ? [bdi(groups.slice(0, few).map(({ name }) => name).join(', ')), groups.length > few && ` +${groups.length - few}`] : none);
