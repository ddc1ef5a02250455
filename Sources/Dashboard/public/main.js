/** The start, session and sign-in, the shell, shortcuts, the palette. */
import { config, del, get, isOurs, post, session } from './api.js';
import './customers.js'; // and so all pages
import { combobox, EMAIL, field, form, passwordField, prompt } from './form.js';
import { customerKind, groupKind, listKind } from './groups.js';
import { here, isGuarded, navigate, query, route, start } from './router.js';
import { bdi, byId, dialog, el, errorPanel, fact, failure, icon, joined, link, menuButton, notFound, shortcut, shortcutsAreOn } from './ui.js';

const main = byId('content');
const { dataset } = document.documentElement;
const KINDS = [[groupKind, 'gg'], [customerKind, 'gu'], [listKind, 'gl']];
const HOME = groupKind.from;
let user, asking;

// Sessions

/** `next` may come from anybody: only a path of the dashboard itself counts. */
const safeNext = () => /^\/app((?!\/login)(\/[\w-]+)+(\?[^\\\s]*)?)$/.exec(query().get('next'))?.[1] ?? HOME;

const loginPath = () => `/login?next=${encodeURIComponent(location.pathname + location.search)}`;

function signedIn(who) {
	user = who;
	const name = user && ([user.first_name, user.last_name].filter(Boolean).join(' ') || user.email);
	byId('user').replaceChildren(user ? menuButton('Account', userItems, el('button.nav-button', el('span.avatar', { 'aria-hidden': true }, [...name][0].toUpperCase()), bdi(name))) : '');
}

function signedOut(path = loginPath()) {
	signedIn(null);
	navigate(path, true);
}

session.expired = async (isWrite) => {
	if (isWrite || isGuarded()) return asking ??= signInAgain();
	if (user) signedOut();
	throw new DOMException('', 'AbortError'); // the login page is on its way
};

const credentials = (email) => [field('email', 'Email', { ...EMAIL, value: email, autocomplete: 'username' }),
	passwordField('Password', { required: true, autocomplete: 'current-password' })];

const unlessSignedOut = (error) => { if (error.status !== 401) throw error; };

async function signIn([email, password]) {
	try {
		signedIn(await post('/auth', { email: email.value, password: password.value }));
	} catch (error) {
		unlessSignedOut(error);
		password.control.select();
		throw new Error('Wrong email or password');
	}
}

function loginPage(view) {
	const fields = credentials();
	const { element, ok } = form({ fields, submitLabel: 'Sign in', submit: () => signIn(fields).then(() => navigate(safeNext(), true)) });
	element.append(el('div.foot', ok));
	view.root.append(el('p.brand', icon('logo'), config.name), el('div.card', el('div.bars', el('h1', 'Sign in')), element));
	view.head([['Sign in']]);
	fields[0].control.focus();
}

function signInAgain() {
	const fields = credentials(user?.email);
	const answer = prompt('Session expired', { text: 'Sign in again to go on. Nothing that you typed is lost.', fields, confirm: 'Sign in', run: () => signIn(fields) });
	fields[1].control.focus();
	return answer.finally(() => { asking = null; });
}

const logOut = () => del('/auth').catch(unlessSignedOut).then(() => {
	localStorage['cohort-logout'] = Date.now(); // other tabs follow
	signedOut('/login');
}).catch((error) => failure(error, logOut));

addEventListener('storage', ({ key, newValue }) => {
	if (key === 'cohort-logout' && user) session.expired().catch(() => {}); // which keeps what was typed
	if (key === 'cohort-theme') dataset.theme = newValue;
});

// The shell

function userItems() {
	const theme = (label) => {
		const value = label.toLowerCase();
		return { label, isChecked: dataset.theme === value, run: () => { localStorage['cohort-theme'] = dataset.theme = value; } };
	};
	return ['Theme', ...['System', 'Light', 'Dark'].map(theme), null, { label: 'Keyboard shortcuts', run: showShortcuts },
		...(isOurs() ? [{ label: 'API reference', run: () => open('/docs', '_blank', 'noopener') }] : []), null, { label: 'Log out', run: logOut }];
}

function drawHead({ crumbs, over }) {
	document.title = joined(over, ...crumbs.map(([label]) => label).reverse(), config.name);
	byId('crumbs').firstChild.replaceChildren(...crumbs.map(([label, path]) => el('li', path ? link(path, label) : el('span', { 'aria-current': 'page', title: label }, bdi(label)))));
	byId('nav').hidePopover();
	for (const item of document.querySelectorAll('#nav li a')) item.ariaCurrent = `/app${here()}/`.startsWith(`${item.pathname}/`) ? 'page' : null;
}

function missingPage(view) {
	view.root.append(notFound('Page not found', 'Customer Groups', HOME));
	view.head([['Page not found']]);
}

/** Where to go instead of a path, if not there. Those below /a are of Medusa's own admin. */
function admit(path) {
	if (!user) return path !== '/login' && loginPath();
	if (path === '/login') return safeNext();
	if (path === '/') return HOME;
	const moved = path.replace(/^\/a\/customers\/groups/, HOME).replace(/^\/a\/pricing/, '/price-lists').replace(/^\/a\//, '/');
	return moved !== path && moved + location.search;
}

// Keyboard

const STROKES = {
	'Go to customer groups': 'G G', 'Go to customers': 'G U', 'Go to price lists': 'G L', 'Search the table': '/', 'Remove the selected rows': 'R', 'Select a range of rows': 'Shift Click',
	'Close, or clear the selection': 'Esc', 'Submit the open form': 'Ctrl Enter', 'Go to anything': 'Ctrl K', 'Show this list': '?',
};

function showShortcuts() {
	dialog('prompt', 'Keyboard shortcuts', el('div.body', el('dl.keys', Object.entries(STROKES).map(([label, keys]) => fact([label, keys.split(' ').map((key) => el('kbd', key))]))),
		el('label.choice', el('input', { type: 'checkbox', checked: shortcutsAreOn(), onchange: ({ target }) => { localStorage['cohort-no-shortcuts'] = target.checked ? '' : 1; } }), 'Single-letter shortcuts')));
}

for (const [{ from }, letters] of KINDS) shortcut(letters, () => user && navigate(from));
shortcut('?', () => user && showShortcuts());

async function findAnything(q, signal) {
	return (await Promise.all(KINDS.map(async ([{ title, from, name, list }]) => {
		const pages = [[title, from], [`Create in ${title}`, `${from}/create`]].filter(([label]) => label.toLowerCase().includes(q.toLowerCase())).map(([label, path]) => ({ label, path, hint: 'Page' }));
		const records = q ? (await get(from, { query: { q, limit: 5, offset: 0, order: name }, signal }))[list] : [];
		return [...pages, ...records.map((record) => ({ label: record[name], path: `${from}/${record.id}`, hint: title }))];
	}))).flat();
}

function showPalette() {
	const box = combobox({ label: 'Go to', placeholder: 'Pages, groups, customers, price lists', isOpen: true, find: findAnything, choose: ({ path }) => navigate(path) });
	dialog('palette', 'Go to', box.element);
	box.input.focus();
}

addEventListener('keydown', (event) => {
	if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
	event.preventDefault(); // the browser's own search
	if (user && !document.querySelector('dialog[open]')) showPalette();
});
byId('palette').onclick = showPalette;

for (const node of document.querySelectorAll('[data-icon]')) node.prepend(icon(node.dataset.icon));

route('/login', loginPage);

async function boot() {
	try {
		const [settings, who] = await Promise.all([fetch('/app/config.json').then((response) => response.json()), get('/auth').catch(unlessSignedOut)]);
		Object.assign(config, settings);
		signedIn(who);
	} catch (error) {
		return main.replaceChildren(errorPanel(error, boot));
	}
	start({ root: main, admit, missing: missingPage, head: drawHead, confirmLeave: () => prompt('Leave without saving?', { text: 'What you typed has not been saved.', confirm: 'Leave', cancel: 'Stay' }) });
}

boot();
