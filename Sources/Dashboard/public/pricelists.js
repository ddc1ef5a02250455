/** Price lists: the list, one with whom it is for and its prices, and what is done to them. */
import { del, get, post } from './api.js';
import { editItem, grid, variantBox, variantName } from './customers.js';
import { changes, combobox, create, field, form, formDialog, prompt, save } from './form.js';
import { created, customerCount, dateFilters, dateSorts, groupFilter } from './groups.js';
import { navigate, query, route } from './router.js';
import { table } from './table.js';
import { badge, bdi, button, copyable, el, fact, iconButton, link, listState, minorUnits, money, number, plural, recordPage, refill, section, time, toast } from './ui.js';

const HOME = '/price-lists';
const TYPES = [['sale', 'Sale', 'a reduction'], ['override', 'Override', 'in place of the usual price']];
const STATUSES = [['draft', 'Draft', 'holds for nobody yet'], ['active', 'Active', 'holds within its dates']];
const typeName = (list) => TYPES.find(([type]) => type === list.type)[1];

function listPage(view) {
	const add = () => link(`${HOME}/create`, 'Create', 'button.primary');
	const audience = ({ customer_groups: groups }) => (groups.length ? [...groups.slice(0, 2).flatMap(({ name }, i) => [i ? ', ' : '', bdi(name)]), groups.length > 2 && ` +${groups.length - 2}`] : 'Everyone');
	view.root.append(table(view, {
		title: 'Price Lists', level: 1, actions: add(), name: 'name', path: HOME, from: HOME, list: 'price_lists', also: { expand: 'customer_groups' }, order: '-created_at', hasSearch: true,
		columns: [['Name', 'name', { sort: 'name' }], ['Description', 'description', { kind: 'secondary' }], ['Type', typeName, { kind: 'secondary' }],
			['Status', (list) => badge(...listState(list)), { sort: 'status' }], ['Customer groups', audience], created],
		sorts: [['name', 'Name'], ['status', 'Status'], ...dateSorts],
		filters: [{ key: 'status', label: 'Status', kind: 'check', options: STATUSES }, { key: 'type', label: 'Type', kind: 'check', options: TYPES }, groupFilter('customer_groups', 'Customer groups'), ...dateFilters],
		menu: (list) => menu(list, view, () => view.changed()),
		empty: ['tag', 'No price lists yet', 'A price list holds for everyone, or for customer groups.', add()],
	}).element);
	view.head([['Price Lists', HOME]]);
}

const switchLabel = ({ status }) => (status === 'active' ? 'Deactivate' : 'Activate');

async function ask(title, text, confirm, run, said, then) {
	if (!(await prompt(title, { text, confirm, kind: 'danger', run }))) return;
	toast(said);
	then();
}

const menu = (list, view, gone) => [
	...editItem(list, HOME), { label: switchLabel(list), icon: 'check', run: () => switchStatus(list, view) }, null,
	{ label: 'Delete', icon: 'trash', isDanger: true, run: () =>
		ask('Delete price list?', [bdi(list.name), ' goes, and its prices with it.'], 'Delete', () => del(`${HOME}/${list.id}`), `${list.name} deleted`, gone) },
];

function switchStatus(list, view) {
	const label = switchLabel(list);
	const [status, text] = list.status === 'active' ? ['draft', 'Nobody gets the prices of a draft.'] : ['active', 'Whom it is for gets its prices, within its dates.'];
	ask(`${label} ${list.name}?`, text, label, () => post(`${HOME}/${list.id}`, { status }), `${list.name}: ${status}`, view.changed);
}

/** A field of few choices [value, label, hint], all in sight. */
function choiceField(name, label, value, choices) {
	const error = el('p.field-error', { role: 'alert' });
	const element = el('fieldset.field', { onchange: () => self.check() }, el('legend', label),
		choices.map(([key, text, hint]) => el('label.choice', el('input', { type: 'radio', name, value: key, checked: key === value }), text, el('span.muted', hint))), error);
	const self = {
		name, element,
		get value() { return element.querySelector(':checked')?.value; },
		isChanged: () => self.value !== value,
		setError(text) {
			error.textContent = text;
			if (text) element.querySelector('input').focus();
		},
		check() {
			self.setError(self.value ? '' : `Choose a ${label.toLowerCase()}`);
			return self.value;
		},
	};
	return self;
}

const basics = (list) => [
	choiceField('type', 'Type', list.type, TYPES),
	field({ name: 'name', label: 'Name', value: list.name, required: true }),
	field({ name: 'description', label: 'Description', value: list.description, required: true, maxlength: 1000 }),
	choiceField('status', 'Status', list.status ?? 'draft', STATUSES),
];

/** The API's dates are UTC, the fields' are of the browser's time zone. */
function dateFields(list) {
	const check = () => ends.value && starts.value > ends.value && 'The start must not be after the end';
	const [starts, ends] = [['starts_at', 'Starts'], ['ends_at', 'Ends']].map(([name, label]) => {
		const iso = list[name];
		const local = iso ? new Date(Date.parse(iso) - new Date(iso).getTimezoneOffset() * 60000).toISOString().slice(0, 16) : '';
		const one = field({ name, label, type: 'datetime-local', value: local, hint: Intl.DateTimeFormat().resolvedOptions().timeZone, check });
		return Object.defineProperty(one, 'value', { get: () => one.control.value && new Date(one.control.value).toISOString() });
	});
	return [starts, ends];
}

/** The groups that a list is for, each with a button that removes it, and a field that finds others. */
function groupsField(groups = []) {
	const chosen = new Map(groups.map(({ id, name }) => [id, name]));
	const value = () => [...chosen.keys()].map((id) => ({ id }));
	const before = JSON.stringify(value());
	const chips = el('div.row');
	const note = el('p.muted');
	const draw = () => {
		chips.replaceChildren(...[...chosen].map(([id, name]) => el('span.chip', bdi(name), iconButton(`Remove ${name}`, 'close', () => remove(id)))));
		note.textContent = chosen.size ? '' : 'Applies to every customer';
	};
	const remove = (id) => { chosen.delete(id); draw(); input.focus(); };
	const { element, input } = combobox({ label: 'Customer groups', placeholder: 'Add a group', choose: ({ id, label }) => { chosen.set(id, label); draw(); },
		find: async (q, signal) => (await get('/customer-groups', { query: { q, limit: 10, offset: 0, order: 'name' }, signal })).customer_groups.map(({ id, name }) => ({ id, label: name })) });
	input.addEventListener('keydown', ({ key }) => { if (key === 'Backspace' && !input.value) remove([...chosen.keys()].pop()); });
	draw();
	return { element: el('div.field', el('b', 'Customer groups'), chips, element, note), value, isDirty: () => JSON.stringify(value()) !== before };
}

function createDialog(view) {
	const fields = [...basics({}), ...dateFields({})];
	const { element, value, isDirty } = groupsField();
	formDialog(view, 'Create price list', form({ fields, children: element, isDirty, submitLabel: 'Create', submit: () =>
		create(view, HOME, { ...Object.fromEntries(fields.map((one) => [one.name, one.value || null])), customer_groups: value(), prices: [] }) }), { kind: 'modal-page' });
}

const saveList = (view, body) => save(view, `${HOME}/${view.params.id}`, body, 'Price list saved');

async function editDialog(view) {
	const fields = basics(await view.page.record);
	formDialog(view, 'Edit price list', form({ fields, submit: () => saveList(view, changes(fields)) }));
}

async function configurationDialog(view) {
	const list = await view.page.record;
	const fields = dateFields(list);
	const { element, value, isDirty } = groupsField(list.customer_groups);
	formDialog(view, 'Edit configuration', form({ fields, children: element, isDirty, submit: async () => {
		// Groups are sent only if they were changed: none would open a list whose groups were deleted.
		const run = () => saveList(view, { ...changes(fields), ...(isDirty() && { customer_groups: value() }) });
		if (!isDirty() || value().length) await run();
		else await prompt('Remove the last group?', { text: 'This price list will apply to every customer.', confirm: 'Continue', kind: 'danger', run });
	} }));
}

const titleOf = ({ variant }) => [variant?.title, variant?.sku].filter(Boolean).join(' · ');
const placeOf = ({ region_id: region, currency_code: code }) => (region ? `Region ${region}` : code.toUpperCase());

function detailsPage(view) {
	const path = `${HOME}/${view.params.id}`;
	const conditions = el('div');
	const edit = () => button('Edit prices', () => navigate(`${path}/prices`), 'primary');
	const prices = table(view, {
		title: 'Prices', actions: edit(), name: 'label', size: 50, order: 'id',
		columns: [['Variant', 'variant_id'], ['Title', titleOf, { kind: 'secondary' }], ['Currency or region', placeOf], ['Amount', (price) => money(price.amount, price.currency_code), { kind: 'number' }],
			['From quantity', ({ min_quantity: n }) => n || '–', { kind: 'number' }], ['To quantity', ({ max_quantity: n }) => n || '–', { kind: 'number' }]],
		load: async ({ offset, limit }) => {
			await null; // until they have been asked for, below
			const all = (await view.record).prices;
			return { rows: all.slice(offset, offset + limit).map((price) => ({ ...price, label: `${price.variant_id} in ${placeOf(price)}` })), count: all.length };
		},
		selection: { label: 'Remove', key: 'r', run: (ids) => ask(`Remove ${plural(ids.length, 'price')}?`, 'Other lists and the default prices then say what the variants cost.', 'Continue',
			() => del(`${path}/prices/batch`, { price_ids: ids }), `${plural(ids.length, 'price')} removed`, () => { prices.deselect(); view.changed(); }) },
		empty: ['tag', 'No prices yet', '', edit()],
	});

	recordPage(view, {
		path, noun: 'Price list', name: 'name', home: ['Price Lists', HOME], actions: (list) => menu(list, view, () => navigate(HOME, true)),
		facts: (list) => [['Description', bdi(list.description)], ['Type', typeName(list)], ['Status', el('div.row', badge(...listState(list)), button(switchLabel(list), () => switchStatus(list, view)))],
			['Starts', time(list.starts_at)], ['Ends', time(list.ends_at)], ['Last edited', time(list.updated_at)], ['Prices', number(list.prices.length)], ['ID', copyable(list.id)]],
		children: [section('Conditions', link(`${path}/configuration`, 'Edit', 'button'), '', conditions), prices.element],
		more: (list) => {
			refill(conditions, list.customer_groups.length ? el('dl.facts', list.customer_groups.map((group) => fact([link(`/customer-groups/${group.id}`, group.name), el('span', 'Customers: ', customerCount(group, view.signal))]))) : el('p.note', 'Everyone'));
			return [];
		},
	});
}

/** A row of the grid, whose fields join the form's. Of a price that is there, amount and quantities can be changed. */
function priceRow(price, fields) {
	const isNew = !price.id;
	const isUsed = () => all.some((one) => one.isChanged());
	const unit = () => minorUnits(currency.value);
	const minor = () => Number(amount.value.replace(',', '.') || NaN) * unit();
	const currency = field({ name: 'currency_code', label: 'Currency', value: price.currency_code, maxlength: 3, check: (code) => isUsed() && !/^[a-z]{3}$/i.test(code) && 'Enter a code, such as EUR' });
	const amount = field({ name: 'amount', label: 'Amount', value: isNew ? '' : (price.amount / unit()).toFixed(Math.log10(unit())), inputmode: 'decimal',
		check: () => isUsed() && !(Math.abs(minor() - Math.round(minor())) < 1e-6) && 'Enter an amount' });
	const [from, to] = [['min_quantity', 'From quantity'], ['max_quantity', 'To quantity']].map(([name, label]) => field({ name, label, type: 'number', value: `${price[name] || ''}`,
		check: (n) => n && (n < 1 ? 'Enter 1 or more' : to.value && from.value - to.value > 0 && 'From is above To') }));
	const all = [currency, amount, from, to];
	fields.push(...all);
	return {
		isUsed, line: el('tr', [titleOf(price) || price.variant_id, isNew ? currency.element : placeOf(price), amount.element, from.element, to.element].map((cell) => el('td', cell))),
		get value() {
			return { ...(isNew ? { currency_code: currency.value.toLowerCase() } : { id: price.id }), variant_id: price.variant_id ?? '',
				amount: Math.round(minor()), min_quantity: Number(from.value) || null, max_quantity: Number(to.value) || null };
		},
	};
}

async function pricesDialog(view) {
	const { id, name, prices: all } = await view.page.record;
	const offset = Number(query().get('offset')) || 0;
	const [fields, rows, body] = [[], [], el('tbody')];
	const add = (price, place) => {
		rows.push(priceRow(price, fields));
		body[place](rows.at(-1).line);
	};
	const box = variantBox((variant) => { add({ variant_id: variant.id, variant: { title: variantName(variant) } }, 'prepend'); body.querySelector('input').focus(); });
	const cells = grid('table.prices', 'Prices', ['Variant', 'Currency or region', 'Amount', 'From quantity', 'To quantity'], body);
	const sheet = form({ fields, children: [el('b', 'Add a price of'), box.element, cells], submit: async () => {
		const prices = rows.filter((row) => row.isUsed()).map(({ value }) => value);
		if (prices.length) {
			await post(`${HOME}/${id}`, { prices });
			toast(`${plural(prices.length, 'price')} saved`);
			view.page.changed();
		}
		view.close(true);
	} });
	all.slice(offset, offset + 50).forEach((price) => add(price, 'append'));
	formDialog(view, `Prices of ${name}`, sheet, { kind: 'modal-page' });
}

for (const [path, page, over] of [
	['', listPage], ['/create', listPage, createDialog], ['/:id', detailsPage], ['/:id/edit', detailsPage, editDialog],
	['/:id/configuration', detailsPage, configurationDialog], ['/:id/prices', detailsPage, pricesDialog],
]) route(HOME + path, page, over);
