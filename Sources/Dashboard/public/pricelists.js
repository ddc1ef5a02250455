/** Price lists: the list, one with whom it is for and its prices, what is done to them. */
import { del, post } from './api.js';
import { grid, line, part, placeOf, variantBox, variantName } from './customers.js';
import { changes, combobox, field } from './form.js';
import { ask, created, customerCount, dateFilters, dateSorts, findGroups, groupFilter, listKind, namesOf, pages, stateBadge, tableWith, typeName } from './groups.js';
import { query } from './router.js';
import { bdi, button, el, fact, iconButton, link, minorUnits, money, number, plural, section, time } from './ui.js';

const TYPES = [['sale', 'Sale', 'a reduction'], ['override', 'Override', 'in place of the usual price']];
const STATUSES = [['draft', 'Draft', 'holds for nobody yet'], ['active', 'Active', 'holds within its dates']];
const QUANTITIES = [['min_quantity', 'From quantity'], ['max_quantity', 'To quantity']];

function list() {
	const [name, ...columns] = listKind.columns;
	return {
		also: { expand: 'customer_groups' }, sorts: [['name', 'Name'], ['status', 'Status'], ...dateSorts],
		columns: [name, ['Description', 'description', { kind: 'secondary' }], ...columns, ['Customer groups', (list) => namesOf(list.customer_groups, 2, 'Everyone')], created],
		filters: [{ key: 'status', label: 'Status', kind: 'check', options: STATUSES }, { key: 'type', label: 'Type', kind: 'check', options: TYPES }, groupFilter('customer_groups', 'Customer groups'), ...dateFilters],
		empty: ['tag', 'No price lists yet', 'A price list holds for everyone, or for customer groups.'],
	};
}

const remove = ({ name }) => ({ text: [bdi(name), ' goes, and its prices with it.'] });

function switchItem({ id, name, status }, view) {
	const [label, next, text] = status === 'active' ? ['Deactivate', 'draft', 'Nobody gets the prices of a draft.'] : ['Activate', 'active', 'Whom it is for gets its prices, within its dates.'];
	return { label, icon: 'check', run: () => ask(view, `${label} ${name}?`, { text, confirm: label, run: () => post(`/price-lists/${id}`, { status: next }), said: `${name}: ${next}` }) };
}

/** A field that `field` can't make: of an element with inputs, and a function that reads them. */
function ownField(name, element, read) {
	const before = JSON.stringify(read());
	const error = el('p.field-error', { role: 'alert' });
	const setError = (text) => {
		error.textContent = text;
		if (text) element.querySelector('input').focus();
	};
	element.append(error);
	element.addEventListener('change', () => setError(''));
	return { name, element, setError, get value() { return read(); }, isChanged: () => JSON.stringify(read()) !== before, check() {
		setError(read() ? '' : `Choose a ${name}`);
		return read();
	} };
}

/** One of a few choices [value, label, hint], all in sight. */
function choiceField(name, label, value, choices) {
	const element = el('fieldset.field', el('legend', label), el('div', choices.map(([key, text, hint]) =>
		el('label.choice', el('input', { type: 'radio', name, value: key, checked: key === value, required: true }), text, el('span.muted', hint)))));
	return ownField(name, element, () => element.querySelector(':checked')?.value);
}

/** The API's dates are UTC, the fields' are of the browser's time zone. */
function dateFields(list) {
	const check = () => ends.value && starts.value > ends.value && 'The start must not be after the end';
	const [starts, ends] = [['starts_at', 'Starts'], ['ends_at', 'Ends']].map(([name, label]) => {
		const date = list[name] && new Date(list[name]);
		// Swedes write dates as the field does.
		const one = field({ name, label, type: 'datetime-local', value: date?.toLocaleString('sv').slice(0, 16).replace(' ', 'T'), hint: Intl.DateTimeFormat().resolvedOptions().timeZone, check });
		return { ...one, get value() { return one.value && new Date(one.value).toISOString(); } };
	});
	return [starts, ends];
}

function groupsField({ customer_groups: groups = [] }) {
	const chosen = new Map(groups.map(({ id, name }) => [id, name]));
	const chips = el('div.row');
	function draw() {
		chips.replaceChildren(...[...chosen].map(([id, name]) => el('span.chip', bdi(name), iconButton(`Remove ${name}`, 'close', () => remove(id)))), chosen.size ? '' : el('p.muted', 'Applies to every customer'));
		input.focus();
	}
	const remove = (id) => { chosen.delete(id); draw(); };
	const { element, input } = combobox({ label: 'Customer groups', placeholder: 'Add a group', choose: ({ id, name }) => { chosen.set(id, name); draw(); },
		find: (q, signal) => findGroups({ q, limit: 10 }, signal) });
	input.addEventListener('keydown', ({ key }) => { if (key === 'Backspace' && !input.value) remove([...chosen.keys()].pop()); });
	draw();
	return ownField('customer_groups', el('div.field', el('b', 'Customer groups'), chips, element), () => [...chosen.keys()].map((id) => ({ id })));
}

function edit(view, { id, type, name, description, status = 'draft' }) {
	const fields = [
		choiceField('type', 'Type', type, TYPES),
		field({ name: 'name', label: 'Name', value: name, required: true }),
		field({ name: 'description', label: 'Description', value: description, required: true, maxlength: 1000 }),
		choiceField('status', 'Status', status, STATUSES),
	];
	if (id) return { fields };
	fields.push(...dateFields({}), groupsField({}));
	return { fields, body: () => ({ ...changes(fields), prices: [] }) };
}

function configure(view, list) {
	const groups = groupsField(list);
	// Unchanged groups are not sent: none would open a list whose groups were deleted.
	const isOpened = () => groups.isChanged() && !groups.value.length;
	return { heading: 'Edit configuration', fields: [...dateFields(list), groups],
		submit: (run) => (isOpened() ? ask(view, 'Remove the last group?', { text: 'This price list will apply to every customer.', run }) : run()) };
}

function details(view, path) {
	const prices = tableWith(view, `${path}/prices`, 'Edit prices', {
		title: 'Prices', name: 'label', size: 50, hasSearch: false, order: 'id',
		columns: [['Variant', 'variant_id'], ['Title', ({ variant }) => variantName(variant), { kind: 'secondary' }], ['Currency or region', placeOf], ['Amount', (price) => money(price.amount, price.currency_code), { kind: 'number' }],
			...QUANTITIES.map(([key, label]) => [label, (price) => price[key] || '–', { kind: 'number' }])],
		load: part(view, (list) => list.prices.map((price) => ({ ...price, label: `${price.variant_id} in ${placeOf(price)}` }))),
		selection: { label: 'Remove', key: 'r', run: (ids) => ask(view, `Remove ${plural(ids.length, 'price')}?`, {
			text: 'Other lists and the default prices then say what the variants cost.', deselect: prices.deselect,
			run: () => del(`${path}/prices/batch`, { price_ids: ids }), said: `${plural(ids.length, 'price')} removed`,
		}) },
		empty: ['tag', 'No prices yet'],
	});
	return {
		facts: (list) => {
			const { label, run } = switchItem(list, view);
			return [['Description', bdi(list.description)], ['Type', typeName(list)], ['Status', el('div.row', stateBadge(list), button(label, run))],
				['Starts', time(list.starts_at)], ['Ends', time(list.ends_at)], ['Prices', number(list.prices.length)]];
		},
		children: [],
		more: ({ customer_groups: groups }) => [section('Conditions', link(`${path}/configuration`, 'Edit', 'button'), '',
			groups.length ? el('dl.facts', groups.map((group) => fact([link(`/customer-groups/${group.id}`, group.name), el('span', 'Customers: ', customerCount(group))]))) : el('p.note', 'Everyone')), prices.element],
	};
}

/** A row of the grid. Of a price that is there, amount and quantities can be changed. */
function priceRow(price) {
	const { id, currency_code: code } = price;
	const isUsed = () => fields.some((one) => one.isChanged());
	const minor = () => Number((amount.value.replace(',', '.') * minorUnits(currency.value)).toFixed(6));
	const currency = field({ name: 'currency_code', label: 'Currency', value: code, maxlength: 3, check: (text) => !/^[a-z]{3}$/i.test(text) && 'Enter a code, such as EUR' });
	const amount = field({ name: 'amount', label: 'Amount', value: id && `${price.amount / minorUnits(code)}`, inputmode: 'decimal',
		check: (text) => !(text && Number.isInteger(minor())) && 'Enter an amount' });
	const [from, to] = QUANTITIES.map(([name, label]) => field({ name, label, type: 'number', value: `${price[name] || ''}`,
		check: (n) => n && (n < 1 ? 'Enter 1 or more' : to.value && from.value - to.value > 0 && 'From is above To') }));
	const fields = [currency, amount, from, to];
	return {
		fields, isUsed, line: line(variantName(price.variant) || price.variant_id, id ? placeOf(price) : currency.element, amount.element, from.element, to.element),
		value: () => ({ id, currency_code: id ? undefined : currency.value.toLowerCase(), variant_id: price.variant_id ?? '', amount: minor(), min_quantity: Number(from.value) || null, max_quantity: Number(to.value) || null }),
	};
}

function editPrices(view, { name, prices }) {
	const offset = Number(query().get('offset'));
	const [rows, body] = [[], el('tbody')];
	const add = (price) => {
		rows.unshift(priceRow(price));
		body.prepend(rows[0].line);
	};
	const used = () => rows.filter((row) => row.isUsed());
	const box = variantBox((variant) => { add({ variant_id: variant.id, variant }); body.querySelector('input').focus(); });
	const cells = grid('table.prices', 'Prices', ['Variant', 'Currency or region', 'Amount', ...QUANTITIES.map(([, label]) => label)], body);
	prices.slice(offset).slice(0, 50).toReversed().forEach(add);
	const all = ownField('prices', el('div.field', el('b', 'Add a price of'), box.element, cells), () => used().map((row) => row.value()));
	all.check = () => !used().flatMap((row) => row.fields).toReversed().filter((one) => !one.check()).length;
	return { heading: `Prices of ${name}`, look: 'modal-page', fields: [all], submit: (send) => send().then(() => view.page.changed()) };
}

pages(listKind, { list, details, edit, remove, more: (record, view) => [switchItem(record, view)], overDetails: { configuration: configure, prices: editPrices } });
