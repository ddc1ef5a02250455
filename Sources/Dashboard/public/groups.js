/** Customer groups: the list, one group with its members, and what is done to them. */
import { config, del, get, has, inChunks, limiter, post } from './api.js';
import { changes, create, field, form, formDialog, prompt, save } from './form.js';
import { metadataDialog, metadataGrid, metadataSection } from './metadata.js';
import { navigate, route } from './router.js';
import { picker, table } from './table.js';
import { badge, bdi, copyable, el, failure, fullName, link, listState, number, plural, recordPage, skeleton, time, toast } from './ui.js';

const HOME = '/customer-groups';
const withCounts = () => (has('counts') ? { include: 'counts' } : {});
const fourAtATime = limiter(4);

/** A number that the record has, where the server counts, or a place for one that is still on its way; "–" if it does not come. */
function counted(known, ask) {
	if (known !== undefined) return number(known);
	const node = el('span', skeleton());
	ask().then(number).catch(() => '–').then((text) => { node.textContent = text; });
	return node;
}

const countMembers = (id, signal) => fourAtATime(async () => (await get(`${HOME}/${id}/customers`, { query: { limit: 1 }, signal })).count);
export const customerCount = (group, signal) => counted(group.customers_count, () => countMembers(group.id, signal));

/** All price lists that have one of some groups as a condition. */
async function listsOf(ids, signal, former = []) {
	const query = { customer_groups: ids, expand: 'customer_groups', limit: 100, offset: former.length, order: 'created_at' };
	const { price_lists: lists, count } = await get('/price-lists', { query, signal });
	const all = [...former, ...lists];
	return lists.length && all.length < count ? listsOf(ids, signal, all) : all;
}

/** Adds or removes members, with `post` or `del`. */
export const sendMembers = (call, groupId, ids, options) => inChunks(ids, (chunk) =>
	call(`${HOME}/${groupId}/customers/batch`, { customer_ids: chunk.map((id) => ({ id })) }, { seconds: 60 }), options);

/** A real Medusa announces no extension. */
const isOurs = () => config.extensions.length > 0;

export const groupFilter = (key, label) => ({ key, label, kind: 'check', options: async ({ q, ids, signal }) => {
	const query = { id: isOurs() && ids, q, limit: 100, offset: 0, order: 'name' }; // v1 refuses ids
	return (await get(HOME, { query, signal })).customer_groups.map(({ id, name }) => [id, name]);
} });

export const dateSorts = [['created_at', 'Created'], ['updated_at', 'Updated']];
export const dateFilters = dateSorts.map(([key, label]) => ({ key, label, kind: 'date' }));
const dateColumn = (label, key, sort) => [label, (record) => time(record[key]), { sort, kind: 'secondary' }];
export const created = dateColumn('Created', 'created_at', 'created_at');
export const accountBadge = (customer) => (customer.has_account ? badge('Registered', 'green') : badge('Guest'));
export const customerTable = {
	name: 'email', list: 'customers', order: '-created_at', hasSearch: true,
	columns: [['Email', 'email', { sort: 'email' }], ['Name', fullName, { sort: 'last_name' }], ['Account', accountBadge, { sort: 'has_account', kind: 'secondary' }], created],
	sorts: [['email', 'Email'], ['first_name', 'First name'], ['last_name', 'Last name'], ['has_account', 'Has account'], ...dateSorts],
	filters: [{ key: 'has_account', label: 'Account', kind: 'radio', options: [['true', 'Registered'], ['false', 'Guest']] }, ...dateFilters],
};
export const groupTable = (view, ...more) => ({
	name: 'name', from: HOME, list: 'customer_groups', also: withCounts(), order: '-created_at', hasSearch: true, sorts: [['name', 'Name'], ...dateSorts],
	columns: [['Name', 'name', { sort: 'name' }], ['Customers', (group) => customerCount(group, view.signal), { kind: 'number' }], ...more, created],
});

const menu = (path, label, icon, run) => [{ label: 'Edit', icon: 'edit', run: () => navigate(`${path}/edit`) }, null, { label, icon, isDanger: true, run }];

function groupMenu(group, gone) {
	const attempt = () => remove(group, gone).catch((error) => failure(error, attempt));
	return menu(`${HOME}/${group.id}`, 'Delete', 'trash', attempt);
}

function listPage(view) {
	const add = () => link(`${HOME}/create`, 'Create', 'button.primary');
	const isFor = (id) => (list) => list.customer_groups.some((group) => group.id === id);
	const listCount = (group) => counted(group.price_lists_count, async () => (await lists).filter(isFor(group.id)).length);
	let lists;
	view.root.append(table(view, {
		...groupTable(view, ['Price lists', listCount, { kind: 'number' }]), title: 'Customer Groups', level: 1, actions: add(), path: HOME,
		filters: dateFilters, menu: (group) => groupMenu(group, view.changed),
		onLoad: ({ rows }) => { lists = rows.length && !has('counts') && listsOf(rows.map(({ id }) => id), view.signal); },
		empty: ['users', 'No customer groups yet', 'Bring customers together, so that price lists can be for them.', add()],
	}).element);
	view.head([['Customer Groups', HOME]]);
}

/** Tells what else happens when a group goes, and deletes it once that is confirmed. */
async function remove({ id, name }, gone) {
	const [members, found] = await Promise.all([countMembers(id), listsOf([id])]);
	// v1's list found by a group has only the groups that match, so each is looked at by itself.
	const lists = isOurs() ? found : await Promise.all(found.map((list) => fourAtATime(() => get(`/price-lists/${list.id}`))));
	const only = lists.filter((list) => list.customer_groups.length === 1);
	const fate = isOurs() ? 'They will fall to draft and stay closed:' : 'Each of them would then apply to every customer:';
	const isDone = await prompt('Delete customer group?', {
		text: [el('b', bdi(name)), ` has ${plural(members, 'customer')}. Their accounts stay.`], confirm: 'Delete', kind: 'danger', run: () => del(`${HOME}/${id}`),
		...(only.length && { tick: 'I understand', content: el('div.warning',
			el('p', `The group is the only condition of ${plural(only.length, 'price list')}. ${fate}`), el('ul', only.map((list) => el('li', bdi(list.name))))) }),
	});
	if (!isDone) return;
	toast(`${name} deleted`);
	gone();
}

function groupDialog(view, title, value, { send, ...more }, look) {
	const fields = [field({ name: 'name', label: 'Name', value, required: true })];
	formDialog(view, title, form({ fields, duplicate: ['name', 'A group with this name already exists'], submit: () => send(changes(fields)), ...more }), look);
}

function createDialog(view) {
	const grid = metadataGrid({});
	groupDialog(view, 'Create customer group', '', { ...grid, children: el('details', el('summary', 'Metadata'), grid.element), submitLabel: 'Create',
		send: (body) => create(view, HOME, { ...body, ...grid.body() }) }, { kind: 'modal-page' });
}

async function editDialog(view) {
	const { id, name } = await view.page.record;
	groupDialog(view, 'Edit customer group', name, { send: (body) => save(view, `${HOME}/${id}`, body, 'Customer group saved') });
}

function detailsPage(view) {
	const { id } = view.params;
	const path = `${HOME}/${id}`;
	const count = el('span', skeleton());
	const listCount = link(`/price-lists?customer_groups=${id}`, '–');
	const add = () => link(`${path}/add-customers`, 'Add', 'button.primary');
	const members = table(view, {
		...customerTable, title: 'Customers', actions: add(), from: `${path}/customers`, path: '/customers', size: 10,
		menu: (customer) => menu(`/customers/${customer.id}`, 'Remove', 'close', () => leave([customer.id])),
		onLoad: (loaded) => count.replaceChildren(counted(loaded.isFiltered ? undefined : loaded.count, () => countMembers(id, view.signal))),
		selection: { label: 'Remove', key: 'r', run: leave },
		empty: ['users', 'No customers in this group yet', '', add()],
	});
	const lists = table(view, {
		title: 'Price lists', prefix: 'p_', size: 10, order: '-created_at', name: 'name', path: '/price-lists', from: '/price-lists', list: 'price_lists', also: { customer_groups: [id] },
		columns: [['Name', 'name'], ['Type', ({ type }) => (type === 'sale' ? 'Sale' : 'Override')], ['Status', (list) => badge(...listState(list))],
			dateColumn('Starts', 'starts_at'), dateColumn('Ends', 'ends_at')],
		onLoad: (loaded) => { listCount.textContent = number(loaded.count); },
		empty: ['tag', 'No price list is for this group'],
	});

	async function leave(ids) {
		const who = plural(ids.length, 'customer');
		const { name } = await view.record;
		let isChanged;
		const isDone = await prompt(ids.length > 1 ? `Remove ${who}?` : 'Remove customer?', {
			text: ['They leave the group ', bdi(name), ' and lose its prices. The customer accounts stay.'], confirm: 'Continue', kind: 'danger',
			run: (options) => sendMembers(del, id, ids, { ...options, said: 'customers removed', onDone: (chunk) => { isChanged = true; members.deselect(chunk); } }),
		});
		if (isChanged) view.changed();
		if (isDone) toast(`${who} removed from ${name}`, { seconds: 10, action: ['Undo', () => addMembers(id, name, ids, { onDone: () => view.changed() }).catch(failure)] });
	}

	recordPage(view, {
		path, query: withCounts(), noun: 'Customer group', name: 'name', home: ['Customer Groups', HOME], actions: (group) => groupMenu(group, () => navigate(HOME, true)),
		facts: (group) => [['Customers', count], ['Price lists', listCount], ['Created', time(group.created_at)], ['Updated', time(group.updated_at)], ['ID', copyable(id)]],
		children: [members.element, lists.element], more: (group) => metadataSection(group, path),
	});
}

async function addMembers(id, name, ids, options) {
	await sendMembers(post, id, ids, { ...options, said: 'customers added' });
	toast(`${plural(ids.length, 'customer')} added to ${name}`);
}

async function addDialog(view) {
	const { id, name } = await view.page.record;
	const filters = [{ key: 'exclude_group', label: 'Membership', kind: 'radio', options: [[id, 'Not in this group']] }, groupFilter('groups', 'Groups'), ...customerTable.filters];
	picker(view, `Add customers to ${name}`, {
		...customerTable, noun: 'customer', blocked: (customer) => customer.groups?.some((group) => group.id === id) && 'Already in this group',
		// With a filter by groups v1 shows only those that match it, so members could not be told from others.
		filters: filters.slice(has('exclude_group') ? 0 : 2),
		from: '/customers', also: ({ groups }) => ({ expand: 'groups', ...(groups && { exclude_group: id }) }),
		save: (ids, options) => addMembers(id, name, ids, options),
	});
}

const routes = [
	['', listPage], ['/create', listPage, createDialog],
	['/:id', detailsPage], ['/:id/edit', detailsPage, editDialog], ['/:id/add-customers', detailsPage, addDialog],
	['/:id/metadata/edit', detailsPage, (view) => metadataDialog(view, `${HOME}/${view.params.id}`)],
];
for (const [path, ...draw] of routes) route(HOME + path, ...draw);
