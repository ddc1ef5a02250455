/** What all pages share, and those of customer groups. */
import { config, del, get, has, inChunks, limiter, post } from './api.js';
import { changes, create, field, form, formDialog, prompt, save } from './form.js';
import { metadataDialog, metadataGrid, metadataSection } from './metadata.js';
import { navigate, route } from './router.js';
import { picker, table } from './table.js';
import { badge, bdi, copyable, el, failure, fullName, link, listState, number, plural, recordPage, skeleton, time, toast } from './ui.js';

export const menu = (path, label, run, more = []) =>
	[{ label: 'Edit', icon: 'edit', run: () => navigate(`${path}/edit`) }, ...more, ...(run ? [null, { label, icon: 'trash', isDanger: true, run }] : [])];

export function tableWith(view, to, label, { empty: [icon, text, hint], ...spec }) {
	const add = () => link(to, label, 'button.primary');
	return table(view, { hasSearch: true, actions: add(), empty: [icon, text, hint, add()], ...spec });
}

/** Asks before `run({onDone, …})`, and goes on with `then` if anything was done. */
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

/** The pages of a kind, as docs/dashboard.md tells. */
export function pages(kind, { list, details, edit, more, remove, hasMetadata, overList, overDetails }) {
	const { noun, title, from: path } = kind;
	const home = [title, path];

	const menuOf = (view) => (record) => {
		const own = `${path}/${record.id}`;
		const then = () => (view.params.id ? navigate(path, true) : view.changed());
		const attempt = () => remove(record)
			.then((more) => ask(view, `Delete ${noun.toLowerCase()}?`, { ...more, confirm: 'Delete', run: () => del(own), said: `${record.name} deleted`, then }))
			.catch((error) => failure(error, attempt));
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
		const { heading = `${id ? 'Edit' : 'Create'} ${noun.toLowerCase()}`, look = id ? 'drawer' : 'modal-page', fields, body = () => changes(fields), submit = (send) => send(), ...sheet } =
			make(view, await view.page.record ?? {}, own) ?? {};
		const send = () => (id ? save(view, own, body(), `${noun} saved`) : create(view, path, body()));
		if (fields) formDialog(view, heading, form({ fields, submitLabel: id ? 'Save' : 'Create', submit: () => submit(send), ...sheet }), { kind: look });
	};

	const metadata = hasMetadata && { 'metadata/edit': (view, record, own) => { metadataDialog(view, own); } };
	for (const [start, page, dialogs] of [[path, listPage, { create: edit, ...overList }], [`${path}/:id`, detailsPage, { edit, ...metadata, ...overDetails }]]) {
		route(start, page);
		for (const [end, make] of Object.entries(dialogs)) route(`${start}/${end}`, page, dialog(make));
	}
}

const dateSorts = [['created_at', 'Created'], ['updated_at', 'Updated']];
export const dateFilters = dateSorts.map(([key, label]) => ({ key, label, kind: 'date' }));
const dateColumn = (label, key) => [label, (record) => time(record[key]), { sort: key, kind: 'secondary' }];
export const created = dateColumn('Created', 'created_at');

const HOME = '/customer-groups';
const fourAtATime = limiter(4);
const count = (path, query) => fourAtATime(async () => (await get(path, { query: { limit: 1, ...query } })).count);
const countMembers = ({ id }) => count(`${HOME}/${id}/customers`);

/** What the server counted, or a place for the answer to `ask`. */
function counted(known, ask) {
	if (known !== undefined) return number(known);
	const node = el('span', skeleton());
	ask().then(number).catch(() => '–').then((text) => node.replaceChildren(text));
	return node;
}

export const customerCount = (group) => counted(group.customers_count, () => countMembers(group));
const listCount = (group) => counted(group.price_lists_count, () => count('/price-lists', { customer_groups: [group.id] }));
const withCounts = () => has('counts') && { include: 'counts' };
export const inner = (kind) => ({ ...kind, title: `${kind.noun}s`, path: kind.from, size: 10 });
export const groupKind = {
	noun: 'Customer group', name: 'name', title: 'Customer Groups', from: HOME, list: 'customer_groups', also: withCounts, order: '-created_at',
	columns: [['Name', 'name', { sort: 'name' }], ['Customers', customerCount, { kind: 'number' }], created], sorts: [['name', 'Name'], ...dateSorts],
};

const accountBadge = (customer) => (customer.has_account ? badge('Registered', 'green') : badge('Guest'));
export const customerKind = {
	noun: 'Customer', name: 'email', mark: accountBadge, title: 'Customers', from: '/customers', list: 'customers', order: '-created_at',
	columns: [['Email', 'email', { sort: 'email' }], ['Name', fullName, { sort: 'last_name' }], ['Account', accountBadge, { sort: 'has_account', kind: 'secondary' }], created],
	sorts: [['email', 'Email'], ['first_name', 'First name'], ['last_name', 'Last name'], ['has_account', 'Has account'], ...dateSorts],
	filters: [{ key: 'has_account', label: 'Account', kind: 'radio', options: [['true', 'Registered'], ['false', 'Guest']] }, ...dateFilters],
};

export const namesOf = (groups, few, none) => (groups.length ? [bdi(groups.slice(0, few).map(({ name }) => name).join(', ')), groups.length > few && ` +${groups.length - few}`] : none);
export const typeName = ({ type }) => (type === 'sale' ? 'Sale' : 'Override');
export const stateBadge = (list) => badge(...listState(list));
export const listKind = {
	noun: 'Price list', name: 'name', title: 'Price Lists', from: '/price-lists', list: 'price_lists', order: '-created_at', sorts: [['name', 'Name'], ['status', 'Status'], ...dateSorts],
	columns: [['Name', 'name', { sort: 'name' }], ['Type', typeName, { kind: 'secondary' }], ['Status', stateBadge, { sort: 'status' }]],
};

/** A real Medusa announces no extension. */
const isOurs = () => config.extensions.length > 0;

export const findGroups = async (query, signal) => (await get(HOME, { query: { limit: 100, offset: 0, order: 'name', ...query }, signal })).customer_groups.map((group) => ({ ...group, label: group.name }));
export const groupFilter = (key, label) => ({ key, label, kind: 'check', options: async ({ q, ids, signal }) =>
	(await findGroups({ q, id: isOurs() && ids }, signal)).map(({ id, name }) => [id, name]) }); // v1 refuses ids

async function listsOf(id, former = []) {
	const { price_lists: lists, count: total } = await get('/price-lists', { query: { customer_groups: [id], expand: 'customer_groups', limit: 100, offset: former.length, order: 'created_at' } });
	const all = [...former, ...lists];
	return lists.length && all.length < total ? listsOf(id, all) : all;
}

/** Adds customers to groups (`post`) or removes them (`del`). What fails is named, the rest is done; `onDone` gets the ids of both. */
export async function changeMembers(call, groups, ids, { undo, ...options }) {
	const [done, to] = call === post ? ['added', 'to'] : ['removed', 'from'];
	const names = (some) => `${done} ${to} ${some.map(({ name }) => name).join(', ')}`;
	const failed = [];
	let fault;
	await Promise.all(groups.map((group) =>
		inChunks(ids, (chunk) => call(`${HOME}/${group.id}/customers/batch`, { customer_ids: chunk.map((id) => ({ id })) }, { seconds: 60 }), { ...options, said: `customers ${done}` })
			.then(() => options.onDone([group.id]), (error) => { fault = error; failed.push(group); })));
	if (fault) throw Object.assign(fault, { note: `Not ${names(failed)}. ${fault.note ?? ''}` });
	toast(`${plural(ids.length, 'customer')} ${names(groups)}`, undo && { seconds: 10, action: ['Undo', undo] });
}

const list = () => ({
	columns: groupKind.columns.toSpliced(2, 0, ['Price lists', listCount, { kind: 'number' }]), filters: dateFilters,
	empty: ['users', 'No customer groups yet', 'Bring customers together, so that price lists can be for them.'],
});

async function remove(group) {
	const [members, found] = await Promise.all([countMembers(group), listsOf(group.id)]);
	// In v1 a list that was found by a group names no other group.
	const lists = isOurs() ? found : await Promise.all(found.map((one) => get(`/price-lists/${one.id}`)));
	const only = lists.filter((one) => one.customer_groups.length === 1);
	const fate = isOurs() ? 'They will fall to draft and stay closed:' : 'Each of them would then apply to every customer:';
	return { text: [el('b', bdi(group.name)), ` has ${plural(members, 'customer')}. Their accounts stay.`], ...(only.length && { tick: 'I understand', content: el('div.warning',
		el('p', `The group is the only condition of ${plural(only.length, 'price list')}. ${fate}`), el('ul', only.map((one) => el('li', bdi(one.name))))) }) };
}

function edit(view, { id, name }) {
	const fields = [field({ name: 'name', label: 'Name', value: name, required: true })];
	const grid = metadataGrid({}); // shown for a new group only
	return { ...grid, fields, children: id ? [] : el('details', el('summary', 'Metadata'), grid.element),
		body: () => ({ ...changes(fields), ...grid.body() }), duplicate: ['name', 'A group with this name already exists'] };
}

function details(view, path) {
	const { id } = view.params;
	const members = tableWith(view, `${path}/add-customers`, 'Add', {
		...inner(customerKind), from: `${path}/customers`,
		menu: (customer) => menu(`/customers/${customer.id}`, 'Remove', () => leave([customer.id])),
		selection: { label: 'Remove', key: 'r', run: leave }, empty: ['users', 'No customers in this group yet'],
	});
	const lists = table(view, {
		...inner(listKind), prefix: 'p_', also: { customer_groups: [id] },
		columns: [...listKind.columns, dateColumn('Starts', 'starts_at'), dateColumn('Ends', 'ends_at')],
		empty: ['tag', 'No price list is for this group'],
	});

	async function leave(ids) {
		const group = await view.record;
		ask(view, `Remove ${ids.length > 1 ? plural(ids.length, 'customer') : 'customer'}?`, {
			text: ['They leave the group ', bdi(group.name), ' and lose its prices. The customer accounts stay.'], deselect: members.deselect,
			run: (options) => changeMembers(del, [group], ids, { ...options, undo: () => changeMembers(post, [group], ids, { onDone: () => view.changed() }).catch(failure) }),
		});
	}

	return { query: withCounts(), children: [members.element, lists.element], facts: (group) => [['Customers', customerCount(group)],
		['Price lists', link(`/price-lists?customer_groups=${id}`, listCount(group))]] };
}

function addCustomers(view, group) {
	const { id } = group;
	picker(view, `Add customers to ${group.name}`, {
		...customerKind, noun: 'customer', blocked: (customer) => customer.groups.some((one) => one.id === id) && 'Already in this group',
		// With a filter by groups v1 shows only those that match it: members could not be told from others.
		filters: [...(has('exclude_group') ? [{ key: 'exclude_group', label: 'Membership', kind: 'radio', options: [[id, 'Not in this group']] }, groupFilter('groups', 'Groups')] : []), ...customerKind.filters],
		also: ({ groups }) => ({ expand: 'groups', ...(groups && { exclude_group: id }) }),
		save: (ids, options) => changeMembers(post, [group], ids, options),
	});
}

pages(groupKind, { list, details, edit, remove, hasMetadata: true, overDetails: { 'add-customers': addCustomers } });
