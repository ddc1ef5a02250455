/** Customers: the list, one customer with its groups and the prices it gets, and what is done to them. */
import { del, get, has, latest, post } from './api.js';
import { changes, combobox, create, field, form, formDialog, passwordField, prompt, save } from './form.js';
import { accountBadge, created, customerTable, groupFilter, groupTable, sendMembers } from './groups.js';
import { metadataDialog, metadataSection } from './metadata.js';
import { navigate, route } from './router.js';
import { picker, table } from './table.js';
import { badge, bdi, button, copyable, el, failure, fullName, link, money, plural, recordPage, section, time, toast } from './ui.js';

const HOME = '/customers';

export const editItem = ({ id }, home) => [{ label: 'Edit', icon: 'edit', run: () => navigate(`${home}/${id}/edit`) }];

function listPage(view) {
	const add = () => link(`${HOME}/create`, 'Create', 'button.primary');
	// v1 shows only those groups of a customer that the filter names.
	const note = el('p.note', { hidden: true }, 'Other groups than those of the filter are not shown.');
	const joined = ({ groups: [first, ...more] }) => (first ? [bdi(first.name), more.length > 0 && ` +${more.length}`] : '–');
	const { columns, filters } = customerTable;
	const { element, selected, deselect } = table(view, {
		...customerTable, title: 'Customers', level: 1, actions: add(), path: HOME, from: HOME, menu: (customer) => editItem(customer, HOME),
		also: ({ groups }) => { note.hidden = !groups; return { expand: 'groups' }; },
		columns: [...columns.slice(0, -1), ['Groups', joined, { kind: 'secondary' }], created], filters: [groupFilter('groups', 'Groups'), ...filters],
		selection: { label: 'Add to group…', run: () => navigate(`${HOME}/add-customer-groups`) },
		empty: ['users', 'No customers yet', '', add()],
	});
	Object.assign(view, { selected, deselect });
	element.children[1].after(note);
	view.root.append(element);
	view.head([['Customers', HOME]]);
}

const duplicate = ['email', 'This email already has an account'];

const customerFields = (customer, required) => [
	['first_name', 'First name', { required }], ['last_name', 'Last name', { required }],
	['email', 'Email', { type: 'email', required: true, readonly: customer.has_account, hint: customer.has_account && 'The customer signs in with it' }],
	['phone', 'Phone', { type: 'tel' }],
].map(([name, label, more]) => field({ name, label, value: customer[name] ?? '', ...more }));

const newPassword = (label, required) => passwordField({ name: 'password', label, required, autocomplete: 'new-password', buttons: (control) => button('Generate', () => {
	control.value = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(15))));
	control.dispatchEvent(new Event('input'));
	if (control.type === 'password') control.nextSibling.click(); // shows it
}) });

function createDialog(view) {
	const fields = customerFields({}, true);
	fields.splice(3, 0, newPassword('Password', true));
	formDialog(view, 'Create customer', form({ fields, submitLabel: 'Create', duplicate, submit: () => create(view, HOME, changes(fields)) }), { kind: 'modal-page' });
}

async function editDialog(view) {
	const customer = await view.page.record;
	const fields = customerFields(customer);
	const password = newPassword('New password');
	formDialog(view, 'Edit customer', form({ fields, duplicate, isDirty: password.isChanged, children: el('details', el('summary', 'Set a new password'), password.element),
		submit: () => save(view, `${HOME}/${customer.id}`, changes([...fields, password]), 'Customer saved') }));
}

/** Adds customers to groups or removes them, with a call for each group. What fails is named by what is thrown, the rest is done. */
async function inGroups(call, groups, ids, { said, onDone, ...options }) {
	const faults = await Promise.all(groups.map(({ id }) => sendMembers(call, id, ids, { ...options, said: 'customers', onDone: () => {} }).then(() => { onDone([id]); }, (error) => error)));
	const names = (some) => some.map(({ name }) => name).join(', ');
	const fault = faults.find(Boolean);
	if (fault) throw Object.assign(fault, { note: [`Not ${said} ${names(groups.filter((_, i) => faults[i]))}`, fault.note].filter(Boolean).join(': ') });
	toast(`Now ${said} ${names(groups)}`);
}

/** For one customer over its page, for those that were selected over the list. */
async function addDialog(view) {
	const { page, params: { id } } = view;
	const customer = id && await page.record;
	const ids = id ? [id] : [...page.selected.keys()];
	if (!ids.length) return view.close(true); // reloaded, so nothing is selected any more
	picker(view, `Add ${customer ? customer.email : plural(ids.length, 'customer')} to groups`, {
		...groupTable(view), noun: 'group', blocked: (group) => customer?.groups.some((joined) => joined.id === group.id) && 'Already joined',
		save: async (_, { rows, ...options }) => {
			await inGroups(post, rows, ids, { ...options, said: 'added to' });
			page.deselect?.();
		},
	});
}

function detailsPage(view) {
	const { id } = view.params;
	const path = `${HOME}/${id}`;
	const add = () => link(`${path}/add-customer-groups`, 'Add', 'button.primary');
	const shared = groupTable(view);
	const groups = table(view, {
		...shared, title: 'Customer groups', actions: add(), path: '/customer-groups', size: 10, also: { ...shared.also, customer_id: id },
		// v1 can't list the groups of a customer, but shows them all with the customer.
		load: has('customer_id_filter') ? undefined : async ({ q, order, offset, limit }) => {
			await null; // until it has been asked for, below
			const key = order.replace('-', '');
			const rows = (await view.record).groups.filter(({ name }) => name.toLowerCase().includes(q.toLowerCase())).sort((a, b) => (a[key] > b[key] ? 1 : -1));
			if (key !== order) rows.reverse();
			return { rows: rows.slice(offset, offset + limit), count: rows.length };
		},
		menu: (group) => [...editItem(group, '/customer-groups'), null, { label: 'Remove', icon: 'close', isDanger: true, run: () => remove([group]) }],
		selection: { label: 'Remove', key: 'r', run: () => remove([...groups.selected.values()]) },
		empty: ['users', 'In no customer group yet', '', add()],
	});

	async function remove(some) {
		let isChanged;
		await prompt(`Remove from ${some.length > 1 ? plural(some.length, 'group') : some[0].name}?`, {
			text: 'The customer loses the prices of what it leaves. The account stays.', confirm: 'Continue', kind: 'danger',
			run: (options) => inGroups(del, some, [id], { ...options, said: 'removed from', onDone: (ids) => { isChanged = true; groups.deselect(ids); } }),
		});
		if (isChanged) view.changed();
	}

	recordPage(view, {
		path, query: { expand: 'groups' }, noun: 'Customer', name: 'email', home: ['Customers', HOME], mark: accountBadge, actions: (customer) => editItem(customer, HOME),
		facts: (customer) => [['Name', bdi(fullName(customer))], ['Phone', customer.phone || '–'], ['Created', time(customer.created_at)], ['Updated', time(customer.updated_at)], ['ID', copyable(id)]],
		children: [groups.element, has('price_preview') && priceSection(view)].filter(Boolean), more: (customer) => metadataSection(customer, path),
	});
}

/** A table that is not a list's. */
export const grid = (kind, title, heads, body) =>
	el(kind, el('caption.visually-hidden', title), el('thead', el('tr', heads.map((text) => el('th', { scope: 'col' }, text)))), body);

export const variantName = ({ title, product }) => [product?.title, title].filter(Boolean).join(' · ');

/** A field that finds variants; where nothing is announced it takes an id. */
export const variantBox = (choose) => combobox({ label: 'Variant', placeholder: 'Product, title or SKU', choose: ({ variant }) => choose(variant), find: async (q, signal) => {
	const found = has('price_preview') ? (await get('/variants', { query: { q, limit: 10, offset: 0, order: 'title' }, signal })).variants : q ? [{ id: q, title: q }] : [];
	return found.map((variant) => ({ variant, label: variantName(variant), hint: variant.sku }));
} });

/** Where the server's sentence names ids. */
const REASONS = { dearer: 'A lower price holds', later: 'As low as the one that is paid', not_in_group: 'The customer is in none of its groups' };
/** What is paid comes first, what is for other places last. */
const rank = ({ is_calculated: isPaid, reason }) => (isPaid ? 0 : reason.startsWith('other') ? 2 : 1);

function priceSection(view) {
	const fresh = latest(view.signal);
	const title = el('p', 'Choose a variant to see what the customer pays, and why.');
	const answer = el('div', { 'aria-live': 'polite' });
	const place = field({ name: 'place', label: 'Currency or region', options: [], onchange: () => show() });
	const quantity = field({ name: 'quantity', label: 'Quantity', type: 'number', min: 1, onchange: () => show() });
	let variant;

	function show() {
		const query = { variant_id: variant?.id, customer_id: view.params.id, [place.value.length > 3 ? 'region_id' : 'currency_code']: place.value, quantity: quantity.value };
		if (variant) get('/price-lists/explain', { query, signal: fresh() }).then(tell, (error) => failure(error, show));
	}

	function tell({ context: { currency_code: code }, calculated_price: paid, original_price: usual, candidates }) {
		answer.replaceChildren(
			el('p.note', paid === null ? 'No price holds.' : el('b', money(paid, code)), (usual ?? paid) !== paid && ` instead of ${money(usual, code)}`),
			el('div.scroller', grid('table', 'Prices of the variant', ['Price', 'From', 'Why'], el('tbody', candidates.sort((a, b) => rank(a) - rank(b)).map((price) => el('tr',
				el('td', money(price.amount, price.currency_code)),
				el('td', price.price_list ? link(`/price-lists/${price.price_list_id}`, price.price_list.name) : 'Default price'),
				el('td', price.is_calculated && badge('Paid', 'green'), ` ${REASONS[price.reason] ?? price.message}`)))))));
	}

	const box = variantBox((chosen) => {
		variant = chosen;
		title.textContent = `${variantName(variant)} ${variant.sku ?? ''}`;
		const former = place.value;
		const places = new Map(variant.prices.map(({ region_id: region, currency_code: code }) => (region ? [region, `Region ${region}`] : [code, code.toUpperCase()])));
		place.control.replaceChildren(...[...places].sort().map(([value, text]) => el('option', { value }, text)));
		if (places.has(former)) place.control.value = former;
		show();
	});
	return section('Price preview', '', '', el('div.preview', el('div.field', el('b', 'Variant'), box.element, title), place.element, quantity.element), answer);
}

for (const [path, page, over] of [
	['', listPage], ['/create', listPage, createDialog], ['/add-customer-groups', listPage, addDialog],
	['/:id', detailsPage], ['/:id/edit', detailsPage, editDialog], ['/:id/add-customer-groups', detailsPage, addDialog],
	['/:id/metadata/edit', detailsPage, (view) => metadataDialog(view, `${HOME}/${view.params.id}`)],
]) route(HOME + path, page, over);
