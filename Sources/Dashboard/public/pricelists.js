/** The pages of price lists, and the preview of a customer's prices. */
import { del, get, has, latest } from './api.js';
import { changes, combobox, field, fieldOf } from './form.js';
import { customerCount, findGroups, groupFilter, listKind, stateBadge, typeName } from './groups.js';
import { ask, askKnowing, created, dateFilters, namesOf, pages, save, tableWith } from './pages.js';
import { query } from './router.js';
import { badge, bdi, button, el, fact, failure, grid, iconButton, joined, link, number, plural, section, time } from './ui.js';

const TYPES = [['sale', 'Sale', 'a reduction'], ['override', 'Override', 'in place of the usual price']];
const STATUSES = [['draft', 'Draft', 'holds for nobody yet'], ['active', 'Active', 'holds within its dates']];
const QUANTITIES = [['min_quantity', 'From quantity'], ['max_quantity', 'To quantity']];

function list() {
	return {
		also: () => ({ expand: 'customer_groups' }),
		columns: [...listKind.columns.toSpliced(1, 0, ['Description', 'description', 'secondary']), ['Customer groups', (list) => namesOf(list.customer_groups, 2, 'Everyone')], created],
		filters: [['status', 'Status', 'check', STATUSES], ['type', 'Type', 'check', TYPES], groupFilter('customer_groups', 'Customer groups'), ...dateFilters],
		empty: ['tag', 'No price lists yet'],
	};
}

/** What goes with `active`: a list that lost its groups would stay closed, though the page says “Everyone”. */
const opening = ({ customer_groups }) => customer_groups?.length === 0 && { customer_groups };

function more({ id, name, status }, view) {
	const path = `/price-lists/${id}`;
	const [label, next] = status === 'active' ? ['Deactivate', 'draft'] : ['Activate', 'active'];
	const load = async () => {
		const list = next === 'active' && await get(path, { signal: view.signal }); // what the page shows may be old
		const opens = opening(list);
		return { text: list ? `${opens ? 'Every customer gets' : 'Its groups get'} its prices, within its dates.` : 'Nobody gets the prices of a draft.',
			run: (options) => save(view, path, { status: next, ...opens }, { ...options, seen: list }) };
	};
	return [{ label, icon: 'check', run: () => askKnowing(view, `${label} ${name}?`, load, { confirm: label, said: `${name}: ${next}` }) }];
}

/** A form that asks before it opens a list to everyone. */
const asking = (view, title, body) => ({ body, submit: (run) =>
	(opening(body()) ? ask(view, title, { text: 'This price list will apply to every customer.', run }) : run()) });

function choiceField(name, label, value, choices) {
	const element = el('fieldset.field', { role: 'radiogroup' }, el('legend', label), el('div', choices.map(([key, text, hint]) =>
		el('label.choice', el('input', { type: 'radio', name, value: key, checked: key === value, required: true }), text, el('span.muted', hint)))));
	return fieldOf(name, element, element, () => element.querySelector(':checked')?.value, (choice) => !choice && `Choose a ${name}`);
}

/** The API's dates are UTC, the fields' are of the browser's time zone. */
function dateFields(list) {
	const fields = [['starts_at', 'Starts'], ['ends_at', 'Ends']].map(([name, label]) => {
		const date = list[name] && new Date(list[name]);
		// Swedes write dates as the field does.
		const one = field(name, label, { type: 'datetime-local', max: '9999-12-31T23:59', oninput: () => fields.forEach((each) => each.recheck()), value: date?.toLocaleString('sv').slice(0, 16).replace(' ', 'T'), hint: Intl.DateTimeFormat().resolvedOptions().timeZone,
			check: () => fields[1].value && fields[0].value > fields[1].value && 'The start must not be after the end' });
		return { ...one, get value() { return one.value && new Date(one.value).toISOString(); } };
	});
	return fields;
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
	input.addEventListener('keydown', ({ key, repeat }) => { if (key === 'Backspace' && !repeat && !input.value) remove([...chosen.keys()].pop()); });
	draw();
	return fieldOf('customer_groups', el('div.field', el('b', 'Customer groups'), chips, element), input, () => [...chosen.keys()].map((id) => ({ id })));
}

function edit(view, { id, type, name, description, status = 'draft', ...list }) {
	const fields = [
		choiceField('type', 'Type', type, TYPES),
		field('name', 'Name', { value: name, required: true }),
		field('description', 'Description', { value: description, required: true, maxlength: 1000 }),
		choiceField('status', 'Status', status, STATUSES),
	];
	if (id) return { fields, ...asking(view, `Activate ${name}?`, () => ({ ...changes(fields), ...(changes(fields).status === 'active' && opening(list)) })) };
	fields.push(...dateFields({}), groupsField({}));
	return { fields, body: () => ({ ...changes(fields), prices: [] }) };
}

function configure(view, list) {
	const fields = [...dateFields(list), groupsField(list)];
	// Unchanged groups are not sent: none would open a list whose groups were deleted.
	return { heading: 'Edit configuration', fields, ...asking(view, 'Remove the last group?', () => changes(fields)) };
}

function details(view, path) {
	const prices = tableWith(view, `${path}/prices`, 'Edit prices', {
		title: 'Prices', name: 'label', size: 50, hasSearch: false, order: 'id',
		columns: [['Variant', 'variant_id'], ['Title', ({ variant }) => variantName(variant), 'secondary'], ['Currency or region', placeOf], ['Amount', money, 'number'],
			...QUANTITIES.map(([key, label]) => [label, (price) => price[key] || '–', 'number'])],
		load: part(view, (list) => list.prices.map((price) => ({ ...price, label: `${price.variant_id} in ${placeOf(price)}` }))),
		leave: (ids) => ask(view, `Remove ${plural(ids.length, 'price')}?`, {
			text: 'Other prices then hold.', deselect: prices.deselect,
			run: (options) => del(`${path}/prices/batch`, { price_ids: ids }, options), said: `${plural(ids.length, 'price')} removed`,
		}),
		empty: ['tag', 'No prices yet'],
	});
	return {
		facts: (list) => [['Description', bdi(list.description)], ['Type', typeName(list)], ['Status', el('div.row', stateBadge(list), more(list, view).map(({ label, run }) => button(label, run)))],
			['Starts', time(list.starts_at)], ['Ends', time(list.ends_at)], ['Prices', number(list.prices.length)]],
		rest: ({ customer_groups: groups }) => [section('Conditions', link(`${path}/configuration`, 'Edit', 'button'), '',
			groups.length ? el('dl.facts', groups.map((group) => fact([link(`/customer-groups/${group.id}`, group.name), el('span', 'Customers: ', customerCount(group))]))) : el('p.note', 'Everyone')), prices.element],
	};
}

/** Medusa's, and those of ISO 4217 that it lacks: browsers do not agree. */
function fractionDigits(code) {
	const isOf = (list) => list.includes(code.toUpperCase());
	return isOf('AFN ALL AMD BIF CLP COP CRC DJF GNF HUF IDR IQD IRR ISK JPY KMF KRW LBP MGA MMK MNT MUR PKR PYG RSD RWF SOS SYP TZS UGX UYI UZS VND VUV XAF XOF XPF YER ZMK ZWL') ? 0
		: isOf('BHD JOD KWD LYD OMR TND') ? 3 : 2;
}

function money({ amount, currency_code: code }) {
	const digits = fractionDigits(code);
	const currency = /^[a-z]{3}$/i.test(code) ? code : 'XXX'; // which stands for none
	return (amount / 10 ** digits).toLocaleString(undefined, { style: 'currency', currency, minimumFractionDigits: digits });
}

function priceRow(price) {
	const { id } = price;
	const digits = () => fractionDigits(currency.value);
	const currency = field('currency_code', 'Currency', { value: price.currency_code, maxlength: 3, check: (text) => !/^[a-z]{3}$/i.test(text) && 'Enter a code, such as EUR' });
	const amount = field('amount', 'Amount', { value: id && (price.amount / 10 ** digits()).toFixed(digits()), inputmode: 'decimal',
		check: (text) => !RegExp(`^\\d+${digits() ? `([.,]\\d{1,${digits()}})?` : ''}$`).test(text) && `Enter an amount, such as ${(10).toFixed(digits())}` });
	const [from, to] = QUANTITIES.map(([name, label]) => field(name, label, { type: 'number', value: `${price[name] || ''}`,
		check: (n) => n && (n < 1 ? 'Enter 1 or more' : to.value && from.value - to.value > 0 && 'From is above To') }));
	const fields = [currency, amount, from, to];
	return {
		fields, line: line(variantName(price.variant) || price.variant_id, id ? placeOf(price) : currency.element, amount.element, from.element, to.element),
		value: () => ({ id, currency_code: id ? undefined : currency.value.toLowerCase(), variant_id: price.variant_id ?? '', amount: Math.round(amount.value.replace(',', '.') * 10 ** digits()), min_quantity: Number(from.value) || null, max_quantity: Number(to.value) || null }),
	};
}

function editPrices(view, { name, prices }) {
	const [rows, body] = [[], el('tbody')];
	const add = (price) => {
		rows.unshift(priceRow(price));
		body.prepend(rows[0].line);
	};
	const used = () => rows.filter(({ fields }) => fields.some((one) => one.isChanged()));
	const box = variantBox((variant) => { add({ variant_id: variant.id, variant }); body.querySelector('input').focus(); });
	const at = Math.min(/^\d{1,9}$/.exec(query().get('offset')), prices.length - 1); // as the table reads it
	prices.slice(at - at % 50).slice(0, 50).toReversed().forEach(add);
	const all = fieldOf('prices', el('div.field', el('b', 'Add a price of'), box.element, el('div.scroller', grid('table.prices', 'Prices', ['Variant', 'Currency or region', 'Amount', ...QUANTITIES.map(([, label]) => label)], body))), box.input, () => used().map((row) => row.value()));
	all.check = () => all.setError('') && !used().flatMap((row) => row.fields).filter((one) => !one.check()).length;
	return { heading: `Prices of ${name}`, look: 'modal-page', fields: [all], submit: (send) => send().then(() => view.page.changed()) };
}

export const part = (view, pick) => async (request) => {
	await null; // the page asks for it last
	const rows = pick(await view.record, request);
	return { rows: rows.slice(request.offset).slice(0, request.limit), count: rows.length };
};

const line = (...cells) => el('tr', cells.map((cell, i) => el('td', { role: !i && 'rowheader' }, cell)));

const variantName = (variant) => joined(variant?.product?.title, variant?.title, variant?.sku);
const placeOf = ({ region_id: region, currency_code: code }) => (region ? `Region ${region}` : code.toUpperCase());

/** Where nothing is announced it takes an id. */
const variantBox = (choose) => combobox({ label: 'Variant', placeholder: 'Product, title or SKU', choose, find: async (q, signal) => {
	const found = has('price_preview') ? (await get('/variants', { query: { q, limit: 10, offset: 0, order: 'title' }, signal })).variants : q ? [{ id: q, title: q }] : [];
	return found.map((variant) => ({ ...variant, label: variantName(variant) }));
} });

/** Where the server's sentence names ids. */
const REASONS = { dearer: 'A lower price holds', later: 'As low as the one that is paid', not_in_group: 'The customer is in none of its groups' };
const rank = ({ reason }) => (reason === 'lowest' ? 0 : reason.startsWith('other') ? 2 : 1);

export function priceSection(view) {
	const fresh = latest(view.signal);
	const title = el('p', 'Choose a variant to see what is paid, and why.');
	const answer = el('div', { 'aria-live': 'polite' });
	const place = field('place', 'Currency or region', { options: [], onchange: show });
	const quantity = field('quantity', 'Quantity', { type: 'number', min: 1, onchange: show });
	let variant;

	function show() {
		const query = { variant_id: variant?.id, customer_id: view.params.id, [place.value.length > 3 ? 'region_id' : 'currency_code']: place.value, quantity: quantity.value };
		if (variant) get('/price-lists/explain', { query, signal: fresh() }).then(tell, (error) => failure(error, show));
	}

	function tell({ context, calculated_price: paid, original_price: usual, candidates }) {
		answer.replaceChildren(
			el('p.note', paid === null ? 'No price holds.' : el('b', money({ ...context, amount: paid })), (usual ?? paid) !== paid && ` instead of ${money({ ...context, amount: usual })}`),
			el('div.scroller', grid('table', 'Prices of the variant', ['Price', 'From', 'Why'], el('tbody', candidates.sort((a, b) => rank(a) - rank(b)).map((price) => line(
				money(price),
				price.price_list ? link(`/price-lists/${price.price_list_id}`, price.price_list.name) : 'Default price',
				[price.is_calculated && badge('Paid', 'green'), ` ${REASONS[price.reason] ?? price.message}`]))))));
	}

	const box = variantBox((chosen) => {
		variant = chosen;
		title.textContent = variant.label;
		place.control.replaceChildren(...[...new Map(variant.prices.map((price) => [price.region_id ?? price.currency_code, placeOf(price)]))].sort().map(([value, text]) => el('option', { value, selected: value === place.value }, text)));
		show();
	});
	return section('Price preview', '', '', el('div.preview', el('div.field', el('b', 'Variant'), box.element, title), place.element, quantity.element), answer);
}

pages(listKind, { list, details, edit, more, remove: async ({ name }) => ({ text: [bdi(name), ' goes, and its prices with it.'] }), overDetails: { configuration: configure, prices: editPrices } });
