/** Customer groups, and what other pages show of them. */
import { del, get, has, isOurs, post } from './api.js';
import { changes, field, metadataGrid } from './form.js';
import { ask, created, dateColumn, dateFilters, dateSorts, inner, menu, pages, tableWith } from './pages.js';
import { picker, table } from './table.js';
import { badge, bdi, el, failure, fullName, link, number, plural, skeleton, toast } from './ui.js';

const HOME = '/customer-groups';
const lanes = Array(4).fill(Promise.resolve());
function countMembers({ id }) {
	const answer = lanes.shift().then(() => get(`${HOME}/${id}/customers`, { query: { limit: 1 } }));
	lanes.push(answer.catch(() => {}));
	return answer.then(({ count }) => count);
}

/** What the server counted, or a place for the answer to `ask`. */
function counted(known, ask) {
	if (known !== undefined) return number(known);
	const node = el('span', skeleton());
	ask().then(number).catch(() => '–').then((text) => node.replaceChildren(text));
	return node;
}

export const customerCount = (group) => counted(group.customers_count, () => countMembers(group));
export const groupKind = {
	noun: 'Customer group', name: 'name', title: 'Customer Groups', from: HOME, list: 'customer_groups', also: () => has('counts') && { include: 'counts' },
	columns: [['Name', 'name', '', 'name'], ['Customers', customerCount, 'number'], created], sorts: [['name', 'Name'], ...dateSorts],
};

const accountBadge = (customer) => (customer.has_account ? badge('Registered', 'green') : badge('Guest'));
export const customerKind = {
	noun: 'Customer', name: 'email', mark: accountBadge, title: 'Customers', from: '/customers', list: 'customers',
	columns: [['Email', 'email', '', 'email'], ['Name', fullName, '', 'last_name'], ['Account', accountBadge, 'secondary', 'has_account'], created],
	sorts: [['email', 'Email'], ['first_name', 'First name'], ['last_name', 'Last name'], ['has_account', 'Has account'], ...dateSorts],
	filters: [['has_account', 'Account', 'radio', [['true', 'Registered'], ['false', 'Guest']]], ...dateFilters],
};

export const typeName = ({ type }) => (type === 'sale' ? 'Sale' : 'Override');
export function stateBadge({ status, starts_at: start, ends_at: end }) {
	if (Date.parse(end) < Date.now()) return badge('Expired', 'red');
	if (status === 'draft') return badge('Draft');
	return Date.parse(start) > Date.now() ? badge('Scheduled', 'orange') : badge('Active', 'green');
}
export const listKind = {
	noun: 'Price list', name: 'name', title: 'Price Lists', from: '/price-lists', list: 'price_lists', sorts: [['name', 'Name'], ['status', 'Status'], ...dateSorts],
	columns: [['Name', 'name', '', 'name'], ['Type', typeName, 'secondary'], ['Status', stateBadge, '', 'status']],
};

export const findGroups = async (query, signal) => (await get(HOME, { query: { limit: 100, offset: 0, order: 'name', ...query }, signal })).customer_groups.map((group) => ({ ...group, label: group.name }));
export const groupFilter = (key, label) => [key, label, 'check', async ({ q, ids, signal }) =>
	(await findGroups({ q, id: isOurs() && ids }, signal)).map(({ id, name }) => [id, name])]; // v1 refuses ids

async function listsOf(ids, former = []) {
	const { price_lists: lists, count } = await get('/price-lists', { query: { customer_groups: ids, expand: 'customer_groups', limit: 100, offset: former.length, order: 'created_at' } });
	const all = [...former, ...lists];
	return lists.length && all.length < count ? listsOf(ids, all) : all;
}

export async function changeMembers(call, groups, ids, { undo, onDone, progress, signal }) {
	const [done, to] = call === post ? ['added', 'to'] : ['removed', 'from'];
	const names = (some) => `${done} ${to} ${some.map(({ name }) => name).join(', ')}`;
	const failed = [];
	let fault;
	/** A thousand at a time: v1 refuses bodies above 100 kB. */
	async function change(group) {
		for (let at = 0; at < ids.length; at += 1000) {
			const chunk = ids.slice(at, at + 1000);
			progress?.(at, ids.length);
			try {
				signal?.throwIfAborted();
				await call(`${HOME}/${group.id}/customers/batch`, { customer_ids: chunk.map((id) => ({ id })) }, { seconds: 60 });
			} catch (error) {
				if (ids.length > 1000) error.note = `${number(at)} of ${number(ids.length)} customers ${done}, the rest stay selected.`;
				throw error;
			}
			onDone(chunk);
		}
		onDone([group.id]);
	}
	await Promise.all(groups.map((group) => change(group).catch((error) => { fault = error; failed.push(group); })));
	if (fault) throw Object.assign(fault, { note: `${groups.length > 1 ? `Not ${names(failed)}. ` : ''}${fault.note ?? ''}` });
	toast(`${plural(ids.length, 'customer')} ${names(groups)}`, undo && { seconds: 10, action: ['Undo', undo] });
}

function list() {
	let lists; // of all groups in sight, where the server does not count
	const listCount = ({ id, price_lists_count: known }) => counted(known, async () => (await lists).filter((one) => one.customer_groups.some((group) => group.id === id)).length);
	return {
		columns: groupKind.columns.toSpliced(2, 0, ['Price lists', listCount, 'number']), filters: dateFilters,
		onLoad: ({ rows }) => { lists = !has('counts') && rows.length && listsOf(rows.map(({ id }) => id)); },
		empty: ['users', 'No customer groups yet'],
	};
}

async function remove(group) {
	const [members, found] = await Promise.all([countMembers(group), listsOf([group.id])]);
	const lists = isOurs() ? found : await Promise.all(found.map((one) => get(`/price-lists/${one.id}`)));
	const only = lists.filter((one) => one.customer_groups.length === 1);
	return { text: [el('b', bdi(group.name)), ` has ${plural(members, 'customer')}. Their accounts stay.`], ...(only.length && { tick: 'I understand', content: el('div.warning',
		el('p', `The group is the only condition of ${plural(only.length, 'price list')}. `, isOurs() ? 'They will fall to draft and stay closed:' : 'Each of them would then apply to every customer:'), el('ul', only.map((one) => el('li', bdi(one.name))))) }) };
}

function edit(view, { id, name }) {
	const fields = [field('name', 'Name', { value: name, required: true })];
	const grid = metadataGrid(); // shown for a new group only
	return { ...grid, fields, children: !id && el('details', el('summary', 'Metadata'), grid.children),
		body: () => ({ ...changes(fields), ...grid.body() }), duplicate: ['name', 'A group with this name already exists'] };
}

function details(view, path) {
	const { id } = view.params;
	const [memberTotal, listTotal] = [el('span', skeleton()), el('span', '–')]; // the tables know
	const members = tableWith(view, `${path}/add-customers`, 'Add', {
		...inner(customerKind), from: `${path}/customers`,
		menu: (customer) => menu(`/customers/${customer.id}`, 'Remove', () => leave([customer.id])),
		leave, empty: ['users', 'No customers in this group yet'],
		onLoad: (loaded) => memberTotal.replaceChildren(counted(loaded.isFiltered ? undefined : loaded.count, () => countMembers({ id }))),
	});
	const lists = table(view, {
		...inner(listKind), prefix: 'p_', also: () => ({ customer_groups: [id] }),
		columns: [...listKind.columns, dateColumn('Starts', 'starts_at'), dateColumn('Ends', 'ends_at')],
		onLoad: (loaded) => listTotal.replaceChildren(number(loaded.count)), empty: ['tag', 'No price list is for this group'],
	});

	async function leave(ids) {
		const group = await view.record;
		ask(view, `Remove ${ids.length > 1 ? plural(ids.length, 'customer') : 'customer'}?`, {
			text: ['They leave the group ', bdi(group.name), ' and lose its prices. The customer accounts stay.'], deselect: members.deselect,
			run: (options) => changeMembers(del, [group], ids, { ...options, undo: () => changeMembers(post, [group], ids, { onDone: () => view.changed() }).catch(failure) }),
		});
	}

	return { children: [members.element, lists.element], facts: () => [['Customers', memberTotal],
		['Price lists', link(`/price-lists?customer_groups=${id}`, listTotal)]] };
}

function addCustomers(view, group) {
	const { id } = group;
	picker(view, `Add customers to ${group.name}`, {
		...customerKind, noun: 'customer', blocked: (customer) => customer.groups.some((one) => one.id === id) && 'Already in this group',
		filters: [...(has('exclude_group') ? [['exclude_group', 'Membership', 'radio', [[id, 'Not in this group']]], groupFilter('groups', 'Groups')] : []), ...customerKind.filters],
		also: ({ groups }) => ({ expand: 'groups', ...(groups && { exclude_group: id }) }),
		save: (ids, options) => changeMembers(post, [group], ids, options),
	});
}

pages(groupKind, { list, details, edit, remove, hasMetadata: true, overDetails: { 'add-customers': addCustomers } });
