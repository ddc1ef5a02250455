/** Which page and which dialog over it the address names, and the history of both. */
import { latest } from './api.js';

const routes = [];
const scrolled = [];
const [freshPage, freshOverlay] = [latest(), latest()];
let options, page, overlay, wantedScroll, mayFocus, isAsking;
let entry = history.state ?? { index: 0, depth: 0 };

export const query = () => new URLSearchParams(location.search);
export const here = ({ pathname } = location) => pathname.slice('/app'.length) || '/';

export const route = (pattern, draw, over) => routes.push({ draw, over, regex: new RegExp(`^${pattern.replace(':id', '([^/]+)')}/?$`) });

function match(path) {
	const found = routes.find(({ regex }) => regex.test(path)) ?? { draw: options.missing };
	return { ...found, id: found.regex?.exec(path)[1] };
}

export function start(settings) {
	options = settings;
	history.scrollRestoration = 'manual';
	addEventListener('popstate', onPop);
	addEventListener('click', onClick);
	addEventListener('scroll', () => { scrolled[entry.index] = scrollY; });
	addEventListener('beforeunload', (event) => isGuarded() && event.preventDefault());
	show();
}

export function navigate(path, replace) {
	const found = match(path.split('?')[0]);
	const opens = found.over && isShown(found); // over what keeps its query
	record(`/app${path}${opens ? location.search : ''}`, replace, opens);
	show();
}

export function setQuery(changes, replace, prefix) {
	const url = new URL(location);
	for (const [key, value] of Object.entries(changes)) url.searchParams[value ? 'set' : 'delete'](prefix + key, value || undefined);
	record(url, replace || (overlay && !entry.depth), entry.depth); // of a dialog opened by its address Back leaves all pages
	tell();
}

function record(url, replace, inDialog) {
	const step = replace || new URL(url, location).href === location.href ? 0 : 1;
	entry = { index: entry.index + step, depth: inDialog ? entry.depth + step : 0 };
	history[step ? 'pushState' : 'replaceState'](entry, '', url);
}

function onClick(event) {
	const link = event.target.closest('a');
	if (!link?.pathname.startsWith('/app/') || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
	event.preventDefault();
	if (link.hash) document.querySelector(link.hash).focus();
	else navigate(here(link) + link.search);
}

async function onPop({ state }) {
	const next = state ?? { index: entry.index - 1, depth: 0 };
	const step = next.index - entry.index;
	if (!step) return; // it was undone
	if (isGuarded() && overlay.draw !== match(here()).over) {
		history.go(-step); // the browser has gone already
		return await mayLeave() && history.go(step);
	}
	entry = next;
	wantedScroll = scrolled[next.index];
	show();
}

export const isGuarded = () => overlay?.guard?.();
const isShown = ({ draw, id }) => page?.draw === draw && page.params.id === id;
const tell = () => dispatchEvent(new Event('query'));
const tellHead = () => options.head({ crumbs: page.title ?? [], over: overlay?.title });

async function mayLeave() {
	if (!isGuarded()) return true;
	if (isAsking) return false;
	isAsking = true;
	const answer = await options.confirmLeave();
	isAsking = false;
	if (answer) overlay.guard = null;
	return answer;
}

function makeView(draw, id, signal) {
	const watchers = [];
	return { draw, signal, params: { id },
		onQuery: (run) => addEventListener('query', run, { signal }),
		onChange: (run) => watchers.push(run),
		changed: (record) => watchers.forEach((run) => run(record)),
		head(title) {
			if (signal.aborted) return;
			this.title = title;
			tellHead();
			if (mayFocus && !overlay && document.activeElement === document.body) page.root.querySelector('h1')?.focus({ preventScroll: true });
			mayFocus = false;
		} };
}

function show() {
	const path = here();
	const instead = options.admit(path);
	if (instead) return navigate(instead, true);
	for (const node of document.querySelectorAll('dialog:not(.routed)')) node.close();
	const { draw, over, id } = match(path);
	const isSame = isShown({ draw, id });
	if (overlay && !(isSame && overlay.draw === over)) {
		freshOverlay();
		overlay = wantedScroll = null;
		tellHead();
	}
	if (isSame) tell();
	else {
		mayFocus = page; // not at the start
		page = makeView(draw, id, freshPage());
		document.activeElement.blur();
		scrollTo(0, 0);
		page.root = Object.assign(document.createElement('div'), { className: 'page' });
		options.root.replaceChildren(page.root);
		tellHead();
		draw(page);
	}
	if (over && !overlay) open(over, id);
}

function open(over, id) {
	const view = overlay = makeView(over, id, freshOverlay());
	view.page = page;
	view.close = async (isForced) => {
		if (overlay !== view || !(isForced || await mayLeave())) return;
		view.guard = null;
		if (entry.depth) return history.go(-entry.depth);
		const url = new URL(location);
		for (const key of query().keys()) if (key.startsWith('m_')) url.searchParams.delete(key);
		navigate(here().split('/').slice(0, id ? 3 : 2).join('/') + url.search, true);
	};
	over(view);
}

export function settled() {
	if (wantedScroll) scrollTo(0, wantedScroll);
	wantedScroll = null;
}
