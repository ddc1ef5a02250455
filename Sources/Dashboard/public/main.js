/** Starts the dashboard: configuration, session and sign-in, the shell around the pages, shortcuts and the palette. */
import { config, del, get, post, session } from './api.js';
import { combobox, field, form, passwordField, prompt } from './form.js';
import './groups.js';
import * as router from './router.js';
import { bdi, button, dialog, el, errorPanel, failure, icon, link, menuButton, notFound, setShortcuts, shortcut, shortcutsAreOn } from './ui.js';

const byId = (id) => document.getElementById(id);
const nav = byId('nav');
const HOME = ['Customer Groups', '/customer-groups'];
let user, asking;

// Sessions

/** Only a path of the dashboard itself: `next` stands in the address, so it may come from anybody. */
function safeNext() {
	const next = router.query().get('next') ?? '';
	return /^\/app(?!\/login)(\/[\w-]+)+(\?[^\\\s]*)?$/.test(next) ? next.slice('/app'.length) : HOME[1];
}

const loginPath = () => `/login?next=${encodeURIComponent(location.pathname + location.search)}`;

function signedIn(who) {
	user = who;
	document.body.classList.toggle('signed-in', Boolean(user));
	const name = user && ([user.first_name, user.last_name].filter(Boolean).join(' ') || user.email);
	byId('user').replaceChildren(user ? menuButton('Account', userItems, el('button.nav-button', el('span.avatar', { 'aria-hidden': 'true' }, [...name][0].toUpperCase()), bdi(name))) : '');
}

function signedOut(path = loginPath()) {
	if (user) signedIn(null);
	router.navigate(path, true);
}

session.expired = async (isWrite) => (isWrite ? signInAgain() : user && signedOut());

/** On the login page, and in the dialog that asks to sign in again. */
function signInForm(email, done) {
	const fields = [field({ name: 'email', label: 'Email', type: 'email', value: email, required: true, autocomplete: 'username' }),
		passwordField({ name: 'password', label: 'Password', required: true, autocomplete: 'current-password' })];
	const sheet = form({ fields, submitLabel: 'Sign in', submit: async () => {
		try {
			signedIn(await post('/auth', Object.fromEntries(fields.map(({ name, value }) => [name, value]))));
			done();
		} catch (error) {
			if (error.status !== 401) throw error;
			sheet.say('Wrong email or password');
			fields[1].control.select();
		}
	} });
	return { ...sheet, focus: () => fields[email ? 1 : 0].control.focus() };
}

function loginPage(view) {
	const sheet = signInForm('', () => router.navigate(safeNext(), true));
	sheet.element.append(sheet.ok);
	view.root.classList.add('login');
	view.root.append(el('div.card', el('p.brand', icon('logo'), config.name), el('h1', { tabindex: -1 }, 'Sign in'), sheet.element));
	view.head([['Sign in']]);
	sheet.focus();
}

/** When a write meets an expired session what was typed stays, and the write is sent again after signing in. */
const signInAgain = () => asking ??= new Promise((resolve) => {
	const finish = (answer) => { node.close(); asking = null; resolve(answer); };
	const leave = () => finish(false);
	const sheet = signInForm(user?.email ?? '', () => finish(true));
	sheet.element.append(el('div.foot', button('Cancel', leave, 'cancel'), sheet.ok));
	const node = dialog('prompt', 'Session expired', { leave, body: [el('p.body', 'Sign in again to go on. Nothing that you typed is lost.'), sheet.element] });
	sheet.focus();
});

async function logOut() {
	try {
		await del('/auth');
	} catch (error) {
		if (error.status !== 401) return failure(error, logOut);
	}
	localStorage.setItem('cohort-logout', Date.now()); // other tabs follow
	signedOut('/login');
}

addEventListener('storage', ({ key, newValue }) => {
	if (key === 'cohort-logout' && user) signedOut();
	if (key === 'cohort-theme') setTheme(newValue);
});

// The shell

function userItems() {
	const now = document.documentElement.dataset.theme ?? 'system';
	const theme = (label) => ({ label, isChecked: now === label.toLowerCase(), run: () => {
		localStorage.setItem('cohort-theme', label.toLowerCase());
		setTheme(label.toLowerCase());
	} });
	// A real Medusa, which announces nothing, has no API reference.
	return ['Theme', ...['System', 'Light', 'Dark'].map(theme), null, { label: 'Keyboard shortcuts', run: showShortcuts },
		...(config.extensions.length ? [{ label: 'API reference', run: () => open('/docs', '_blank', 'noopener') }] : []), null, { label: 'Log out', run: logOut }];
}

function setTheme(theme) {
	if (/light|dark/.test(theme)) document.documentElement.dataset.theme = theme;
	else delete document.documentElement.dataset.theme;
}

/** The window's title, the breadcrumb and the current item of the navigation. */
function drawHead({ crumbs, over }) {
	document.title = [over, ...crumbs.map(([label]) => label).reverse(), config.name].filter(Boolean).join(' · ');
	byId('crumbs').firstChild.replaceChildren(...crumbs.map(([label, path]) => el('li', path ? link(path, label) : el('span', { 'aria-current': 'page', title: label }, bdi(label)))));
	if (nav.matches(':popover-open')) nav.hidePopover();
	for (const item of nav.querySelectorAll('li a')) item.ariaCurrent = `/app${router.here()}/`.startsWith(`${item.pathname}/`) ? 'page' : null;
}

function missingPage(view) {
	view.root.append(notFound('Page not found', ...HOME));
	view.head([['Page not found']]);
}

/** Where to go instead of a path: to sign in, away from signing in, or to where an address of Medusa's own admin is now. */
function admit(path) {
	if (!user) return path !== '/login' && loginPath();
	if (path === '/login') return safeNext();
	if (path === '/') return HOME[1];
	const [from, to] = [[/^\/a\/customers\/groups/, HOME[1]], [/^\/a\/(pricing|price-lists)/, '/price-lists'], [/^\/a\/customers/, '/customers']].find(([old]) => old.test(path)) ?? [];
	return from && path.replace(from, to) + location.search;
}

/** Modules that wait until their pages are wanted. */
const modules = { customers: () => import('./customers.js'), 'price-lists': () => import('./pricelists.js') };

/** A promise while the module that knows the path is on its way. */
function load(path) {
	const section = path.split('/')[1];
	return modules[section]?.().then(() => { delete modules[section]; }, () => {
		const retry = () => location.reload();
		document.getElementById('content').replaceChildren(errorPanel(new Error('Could not reach the server'), retry));
		return new Promise(() => {}); // nothing more comes of it
	});
}

// Keyboard

function showShortcuts() {
	const list = [['Go to customer groups', 'G', 'G'], ['Go to customers', 'G', 'U'], ['Go to price lists', 'G', 'L'], ['Search the table', '/'], ['Remove the selected rows', 'R'],
		['Select a range of rows', 'Shift', 'Click'], ['Close, or clear the selection', 'Esc'], ['Submit the open form', 'Ctrl', 'Enter'], ['Go to anything', 'Ctrl', 'K'], ['Show this list', '?']];
	dialog('prompt', 'Keyboard shortcuts', { body: el('div.body', el('dl.keys', list.map(([label, ...strokes]) => el('div', el('dt', label), el('dd', strokes.map((key) => el('kbd', key)))))),
		el('label.choice', el('input', { type: 'checkbox', checked: shortcutsAreOn(), onchange: ({ target }) => setShortcuts(target.checked) }), 'Single-letter shortcuts')) });
}

for (const [letters, path] of [['gg', HOME[1]], ['gu', '/customers'], ['gl', '/price-lists']]) shortcut(letters, () => user && router.navigate(path));
shortcut('?', () => user && showShortcuts());

const KINDS = [['Customer Groups', 'customer_groups', 'name'], ['Customers', 'customers', 'email'], ['Price Lists', 'price_lists', 'name']];

async function findAnything(q, signal) {
	const found = await Promise.all(KINDS.map(async ([label, key, order]) => {
		const path = `/${key.replace('_', '-')}`;
		const pages = [{ label, path, hint: 'Page' }, { label: `Create in ${label}`, path: `${path}/create`, hint: 'Page' }].filter((page) => page.label.toLowerCase().includes(q.toLowerCase()));
		const records = q ? (await get(path, { query: { q, limit: 5, offset: 0, order }, signal }))[key] : [];
		return [...pages, ...records.map((record) => ({ label: record[order], path: `${path}/${record.id}`, hint: label }))];
	}));
	return found.flat();
}

function showPalette() {
	const box = combobox({ label: 'Go to', placeholder: 'Pages, groups, customers, price lists', isOpen: true, find: findAnything, choose: ({ path }) => { node.close(); router.navigate(path); } });
	const node = dialog('palette', 'Go to', { body: box.element });
	box.input.focus();
}

document.addEventListener('keydown', (event) => {
	if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
	event.preventDefault(); // the browser's own search
	if (user && !document.querySelector('dialog[open]')) showPalette();
});
byId('palette').addEventListener('click', showPalette);

for (const node of document.querySelectorAll('[data-icon]')) node.prepend(icon(node.dataset.icon));

// Start

router.route('/login', loginPage);

async function boot() {
	const root = byId('content');
	try {
		const [settings, who] = await Promise.all([fetch('/app/config.json').then((response) => response.json()), get('/auth').catch((error) => { if (error.status !== 401) throw error; })]);
		Object.assign(config, settings);
		signedIn(who);
	} catch (error) {
		root.replaceChildren(errorPanel(error, boot));
		return;
	}
	root.replaceChildren();
	router.start({ root, admit, load, missing: missingPage, head: drawHead, confirmLeave: () => prompt('Leave without saving?', { text: 'What you typed has not been saved.', confirm: 'Leave', cancel: 'Stay' }) });
}

boot();
