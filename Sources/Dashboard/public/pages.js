/** What the pages of all kinds of records share. */
import { del } from './api.js';
import { changes, create, form, formDialog, metadataDialog, metadataSection, prompt, save } from './form.js';
import { navigate, route } from './router.js';
import { table } from './table.js';
import { bdi, copyable, failure, link, recordPage, time, toast } from './ui.js';

export const menu = (path, label, run, more = []) =>
	[{ label: 'Edit', icon: 'edit', run: () => navigate(`${path}/edit`) }, ...more, ...(run ? [null, { label, icon: 'trash', isDanger: true, run }] : [])];

export function tableWith(view, to, label, { empty, ...spec }) {
	const add = () => link(to, label, 'button.primary');
	return table(view, { hasSearch: true, actions: add(), empty: [...empty, '', add()], ...spec });
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

export function pages(kind, { list, details, edit, more, remove, hasMetadata, overList, overDetails }) {
	const { noun, title, from: path } = kind;
	const home = [title, path];

	const menuOf = (view) => (record) => {
		const own = `${path}/${record.id}`;
		const then = () => (view.params.id ? navigate(path, true) : view.changed());
		async function attempt() {
			const { root, signal } = view;
			if (root.ariaBusy || signal.aborted) return;
			root.ariaBusy = 'true';
			const what = await remove(record).catch((error) => { signal.aborted || failure(error, attempt); });
			root.ariaBusy = null;
			if (what && !signal.aborted) ask(view, `Delete ${noun.toLowerCase()}?`, { ...what, confirm: 'Delete', run: (options) => del(own, undefined, options), said: `${record.name} deleted`, then });
		}
		return menu(own, 'Delete', remove && attempt, more?.(record, view));
	};

	function listPage(view) {
		view.list = tableWith(view, `${path}/create`, 'Create', { ...kind, level: 1, path, menu: menuOf(view), ...list(view) });
		view.root.append(view.list.element);
		view.head([home]);
	}

	function detailsPage(view) {
		const own = `${path}/${view.params.id}`;
		const { facts, ...page } = details(view, own);
		recordPage(view, { ...kind, home, path: own, actions: menuOf(view), more: (record) => metadataSection(record, own), ...page,
			facts: (record) => [...facts(record), ...dateSorts.map(([key, label]) => [label, time(record[key])]), ['ID', copyable(record.id)]] });
	}

	const dialog = (make) => async (view) => {
		const { id } = view.params;
		const own = `${path}/${id}`;
		const record = await view.page.record ?? {};
		if (view.signal.aborted) return;
		const { heading = `${id ? 'Edit' : 'Create'} ${noun.toLowerCase()}`, look = id ? 'drawer' : 'modal-page', fields, body = () => changes(fields), submit = (send) => send(), ...sheet } =
			make(view, record, own) ?? {};
		const send = (options) => (id ? save(view, own, body(), `${noun} saved`, options) : create(view, path, body(), options));
		if (fields) formDialog(view, heading, form({ fields, submitLabel: id ? 'Save' : 'Create', submit: (options) => submit((own = options) => send(own)), ...sheet }), { kind: look });
	};

	for (const [start, page, dialogs] of [[path, listPage, { create: edit, ...overList }], [`${path}/:id`, detailsPage, { edit, ...(hasMetadata && { 'metadata/edit': metadataDialog }), ...overDetails }]]) {
		route(start, page);
		for (const [end, make] of Object.entries(dialogs)) route(`${start}/${end}`, page, dialog(make));
	}
}

export const dateSorts = [['created_at', 'Created'], ['updated_at', 'Updated']];
export const dateFilters = dateSorts.map(([key, label]) => ({ key, label, kind: 'date' }));
export const dateColumn = (label, key, sort) => [label, (record) => time(record[key]), { sort, kind: 'secondary' }];
export const created = dateColumn('Created', 'created_at', 'created_at');
export const inner = (kind) => ({ ...kind, title: `${kind.noun}s`, path: kind.from, size: 10 });
export const namesOf = (groups, few, none) => (groups.length ? [bdi(groups.slice(0, few).map(({ name }) => name).join(', ')), groups.length > few && ` +${groups.length - few}`] : none);
