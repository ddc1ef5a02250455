/** The pages of customers. */
import { del, has, post, random } from './api.js';
import { EMAIL, field, passwordField } from './form.js';
import { changeMembers, customerKind, groupFilter, groupKind } from './groups.js';
import { ask, inner, menu, namesOf, pages, tableWith } from './pages.js';
import { part, priceSection } from './pricelists.js';
import { navigate } from './router.js';
import { picker } from './table.js';
import { bdi, button, el, fullName, plural } from './ui.js';

function list(view) {
	const note = el('p.muted', { hidden: true }, 'Only groups of the filter are shown.');
	view.root.append(note);
	return {
		also: ({ groups }) => { note.hidden = !groups; return { expand: 'groups' }; },
		columns: customerKind.columns.toSpliced(-1, 0, ['Groups', ({ groups }) => namesOf(groups, 1, '–'), 'secondary']), filters: [groupFilter('groups', 'Groups'), ...customerKind.filters],
		selection: { label: 'Add to group…', run: () => navigate('/customers/add-customer-groups') }, empty: ['users', 'No customers yet'],
	};
}

const generate = (control) => button('Generate', () => {
	control.value = random();
	control.dispatchEvent(new Event('input', { bubbles: true }));
	if (control.type === 'password') control.nextSibling.click();
});

function edit(view, { id, has_account: readonly, ...customer }) {
	const fields = [
		['first_name', 'First name', { required: !id }], ['last_name', 'Last name', { required: !id }],
		['email', 'Email', { ...EMAIL, readonly, hint: readonly && 'The customer signs in with it' }], ['phone', 'Phone', { type: 'tel' }],
	].map(([name, label, more]) => field(name, label, { value: customer[name], ...more }));
	const password = passwordField(id ? 'New password' : 'Password', { required: !id, autocomplete: 'new-password', buttons: generate });
	if (id) password.element = el('details', el('summary', 'Set a new password'), password.element);
	fields.splice(id ? 4 : 3, 0, password);
	return { fields, duplicate: ['email', 'This email already has an account'] };
}

function addToGroups(view, { id, email, groups }) {
	const { list } = view.page;
	const ids = id ? [id] : [...list.selected.keys()];
	if (!ids.length) return view.close(true); // reloaded, so nothing is selected any more
	picker(view, `Add ${email ?? plural(ids.length, 'customer')} to groups`, {
		...groupKind, noun: 'group', blocked: (group) => groups?.some((joined) => joined.id === group.id) && 'Already joined',
		save: (_, { rows, ...options }) => changeMembers(post, rows, ids, options).then(() => list?.deselect()),
	});
}

function details(view, path) {
	const { id } = view.params;
	const groups = tableWith(view, `${path}/add-customer-groups`, 'Add', {
		...inner(groupKind), also: () => ({ ...groupKind.also(), customer_id: id }),
		// v1 can't list a customer's groups, but shows them with the customer.
		load: !has('customer_id_filter') && part(view, ({ groups: all }, { q, order }) => {
			const key = order.replace('-', '');
			const rows = all.filter(({ name }) => name.toLowerCase().includes(q.toLowerCase())).sort((a, b) => (a[key] > b[key] ? 1 : -1));
			return key === order ? rows : rows.reverse();
		}),
		menu: (group) => menu(`${groupKind.from}/${group.id}`, 'Remove', () => leave([group])),
		leave: () => leave([...groups.selected.values()]),
		empty: ['users', 'In no customer group yet'],
	});
	const leave = (some) => ask(view, `Remove from ${some.length > 1 ? plural(some.length, 'group') : some[0].name}?`, {
		text: 'The customer loses the prices of what it leaves. The account stays.', deselect: groups.deselect,
		run: (options) => changeMembers(del, some, [id], options),
	});
	return { query: { expand: 'groups' }, facts: (customer) => [['Name', bdi(fullName(customer))], ['Phone', customer.phone || '–']],
		children: [groups.element, has('price_preview') && priceSection(view)] };
}

const over = { 'add-customer-groups': addToGroups };
pages(customerKind, { list, details, edit, hasMetadata: true, overList: over, overDetails: over });
