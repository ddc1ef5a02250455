/** Customers: the list, one customer with its groups and the prices it gets, what is done to them. */
import { del, get, has, latest, post } from './api.js';
import { combobox, field, passwordField } from './form.js';
import { accountBadge, ask, changeMembers, customerKind, editMetadata, groupFilter, groupKind, menu, namesOf, pages, tableWith } from './groups.js';
import { navigate } from './router.js';
import { picker } from './table.js';
import { badge, bdi, button, el, failure, fullName, link, money, plural, section } from './ui.js';

function list(view) {
	// v1 shows only those groups of a customer that the filter names.
	const note = el('p.muted', { hidden: true }, 'Other groups than those of the filter are not shown.');
	const { columns, filters } = customerKind;
	view.root.append(note);
	return {
		also: ({ groups }) => { note.hidden = !groups; return { expand: 'groups' }; },
		columns: columns.toSpliced(-1, 0, ['Groups', ({ groups }) => namesOf(groups, 1, '–'), { kind: 'secondary' }]), filters: [groupFilter('groups', 'Groups'), ...filters],
		selection: { label: 'Add to group…', run: () => navigate('/customers/add-customer-groups') },
		empty: ['users', 'No customers yet'],
	};
}

const generate = (control) => button('Generate', () => {
	control.value = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(15))));
	control.dispatchEvent(new Event('input'));
	if (control.type === 'password') control.nextSibling.click(); // shows it
});

function edit(view, { id, has_account: readonly, ...customer }) {
	const required = !id;
	const fields = [
		['first_name', 'First name', { required }], ['last_name', 'Last name', { required }],
		['email', 'Email', { type: 'email', required: true, readonly, hint: readonly && 'The customer signs in with it' }], ['phone', 'Phone', { type: 'tel' }],
	].map(([name, label, more]) => field({ name, label, value: customer[name] ?? '', ...more }));
	const password = passwordField({ name: 'password', label: id ? 'New password' : 'Password', required, autocomplete: 'new-password', buttons: generate });
	if (id) password.element = el('details', el('summary', 'Set a new password'), password.element);
	fields.splice(id ? 4 : 3, 0, password);
	return { fields, duplicate: ['email', 'This email already has an account'] };
}

/** Of one customer over its page, of those that were selected over the list. */
function addToGroups(view, { id, email, groups }) {
	const { list } = view.page;
	const ids = id ? [id] : [...list.selected.keys()];
	if (!ids.length) return view.close(true); // reloaded, so nothing is selected any more
	picker(view, `Add ${email ?? plural(ids.length, 'customer')} to groups`, {
		...groupKind, noun: 'group', blocked: (group) => groups?.some((joined) => joined.id === group.id) && 'Already joined',
		save: async (_, { rows, onDone: onGroup, ...options }) => {
			await changeMembers(post, rows, ids, { ...options, onGroup });
			list?.deselect();
		},
	});
}

/** Loads a table of what is a part of the page's record. */
export const part = (view, pick) => async (request) => {
	await null; // the page asks for it last
	const rows = pick(await view.record, request);
	return { rows: rows.slice(request.offset).slice(0, request.limit), count: rows.length };
};

function details(view, path) {
	const { id } = view.params;
	const { from, also } = groupKind;
	const groups = tableWith(view, `${path}/add-customer-groups`, 'Add', {
		...groupKind, title: 'Customer groups', path: from, size: 10, also: () => ({ ...also(), customer_id: id }),
		// v1 can't list the groups of a customer, but shows them all with the customer.
		load: has('customer_id_filter') ? undefined : part(view, ({ groups: all }, { q, order }) => {
			const key = order.replace('-', '');
			const rows = all.filter(({ name }) => name.toLowerCase().includes(q.toLowerCase())).sort((a, b) => (a[key] > b[key] ? 1 : -1));
			return key === order ? rows : rows.reverse();
		}),
		menu: (group) => menu(`${from}/${group.id}`, 'Remove', () => leave([group])),
		selection: { label: 'Remove', key: 'r', run: () => leave([...groups.selected.values()]) },
		empty: ['users', 'In no customer group yet'],
	});
	const leave = (some) => ask(view, `Remove from ${some.length > 1 ? plural(some.length, 'group') : some[0].name}?`, {
		text: 'The customer loses the prices of what it leaves. The account stays.', deselect: groups.deselect,
		run: ({ onDone: onGroup, ...options }) => changeMembers(del, some, [id], { ...options, onGroup }),
	});
	return {
		query: { expand: 'groups' }, mark: accountBadge, facts: (customer) => [['Name', bdi(fullName(customer))], ['Phone', customer.phone || '–']],
		children: [groups.element, has('price_preview') && priceSection(view)].filter(Boolean),
	};
}

/** A table that is not a list's. */
export const grid = (spec, title, heads, body) =>
	el(spec, el('caption.visually-hidden', title), el('thead', el('tr', heads.map((text) => el('th', { scope: 'col' }, text)))), body);
export const line = (...cells) => el('tr', cells.map((cell) => el('td', cell)));

export const variantName = (variant) => [variant?.product?.title, variant?.title, variant?.sku].filter(Boolean).join(' · ');
export const placeOf = ({ region_id: region, currency_code: code }) => (region ? `Region ${region}` : code.toUpperCase());

/** Finds variants; where nothing is announced it takes an id. */
export const variantBox = (choose) => combobox({ label: 'Variant', placeholder: 'Product, title or SKU', choose, find: async (q, signal) => {
	const found = has('price_preview') ? (await get('/variants', { query: { q, limit: 10, offset: 0, order: 'title' }, signal })).variants : q ? [{ id: q, title: q }] : [];
	return found.map((variant) => ({ ...variant, label: variantName(variant) }));
} });

/** Where the server's sentence names ids. */
const REASONS = { dearer: 'A lower price holds', later: 'As low as the one that is paid', not_in_group: 'The customer is in none of its groups' };
/** What is paid comes first, what is for other places last. */
const rank = ({ is_calculated: isPaid, reason }) => (isPaid ? 0 : reason.startsWith('other') ? 2 : 1);

function priceSection(view) {
	const fresh = latest(view.signal);
	const title = el('p', 'Choose a variant to see what the customer pays, and why.');
	const answer = el('div', { 'aria-live': 'polite' });
	const place = field({ name: 'place', label: 'Currency or region', options: [], onchange: show });
	const quantity = field({ name: 'quantity', label: 'Quantity', type: 'number', min: 1, onchange: show });
	let variant;

	function show() {
		const query = { variant_id: variant?.id, customer_id: view.params.id, [place.value.length > 3 ? 'region_id' : 'currency_code']: place.value, quantity: quantity.value };
		if (variant) get('/price-lists/explain', { query, signal: fresh() }).then(tell, (error) => failure(error, show));
	}

	function tell({ context: { currency_code: code }, calculated_price: paid, original_price: usual, candidates }) {
		answer.replaceChildren(
			el('p.note', paid === null ? 'No price holds.' : el('b', money(paid, code)), (usual ?? paid) !== paid && ` instead of ${money(usual, code)}`),
			el('div.scroller', grid('table', 'Prices of the variant', ['Price', 'From', 'Why'], el('tbody', candidates.sort((a, b) => rank(a) - rank(b)).map((price) => line(
				money(price.amount, price.currency_code),
				price.price_list ? link(`/price-lists/${price.price_list_id}`, price.price_list.name) : 'Default price',
				[price.is_calculated && badge('Paid', 'green'), ` ${REASONS[price.reason] ?? price.message}`]))))));
	}

	const box = variantBox((chosen) => {
		variant = chosen;
		title.textContent = variant.label;
		const places = new Map(variant.prices.map((price) => [price.region_id ?? price.currency_code, placeOf(price)]));
		place.control.replaceChildren(...[...places].sort().map(([value, text]) => el('option', { value, selected: value === place.value }, text)));
		show();
	});
	return section('Price preview', '', '', el('div.preview', el('div.field', el('b', 'Variant'), box.element, title), place.element, quantity.element), answer);
}

const over = { 'add-customer-groups': addToGroups };
pages(customerKind, { list, details, edit, overList: over, overDetails: { ...over, 'metadata/edit': editMetadata } });
