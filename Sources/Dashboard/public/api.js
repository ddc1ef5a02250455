/** Requests to the admin API. */

export const config = { name: 'Cohort', api: '/admin', extensions: [] };
/** A real Medusa announces no extension. */
export const isOurs = () => config.extensions.length > 0;
export const has = (extension) => config.extensions.includes(extension);
export const session = {}; // main.js sets expired(isWrite): whether to ask again
export const isAbort = (error) => error.name === 'AbortError';

/** Whole numbers that a double can't hold stay what they are. */
export const parse = (text) => JSON.parse(text, (_, value, told) => (/^-?\d{16,}$/.test(told?.source) ? BigInt(told.source) : value));
BigInt.prototype.toJSON = function () { return JSON.rawJSON(this); };

/** `a[]=1&a[gte]=2`, without what is empty: v1 answers `groups=` with 500. */
function encode([key, value]) {
	if (value instanceof Object) return Object.entries(value).flatMap(([name, item]) => encode([`${key}[${Array.isArray(value) ? '' : name}]`, item]));
	return value || value === 0 ? `${key}=${encodeURIComponent(value)}` : [];
}

/** Of what was read. */
const TAG = Symbol('ETag');

/** Where the server's words are for programs. */
const MEANING = { 401: 'Your session has expired. Sign in and try again.', 409: 'This, or something it touches, is still being done. Try again in a moment.',
	412: 'Someone else changed this while you were editing. Copy what you need, close this and open it again.' };

export const random = () => btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(15))));

export const get = (path, options) => request('GET', path, options);
export const [post, del] = ['POST', 'DELETE'].map((method) => (path, body, options) => request(method, path, options, body));

/** What is sent again with the same `once`, an object, is done once; with `seen`, only if that is still so. */
async function request(method, path, options = {}, data) {
	const { query = {}, signal, seconds = 15, once, seen, tries = 0 } = options;
	const isWrite = method !== 'GET';
	const search = Object.entries(query).flatMap(encode).join('&');
	const body = JSON.stringify(data);
	const headers = isWrite ? { 'Content-Type': 'application/json' } : {};
	if (once && has('idempotency_keys')) {
		if (once.body !== body) Object.assign(once, { body, key: random() });
		headers['Idempotency-Key'] = once.key;
	}
	if (seen?.[TAG] && isOurs()) headers['If-Match'] = seen[TAG];
	let response, text;
	try {
		response = await fetch(config.api + path + (search && `?${search}`), { method, signal: AbortSignal.any([AbortSignal.timeout(seconds * 1000), signal].filter(Boolean)), headers, body });
		text = await response.text();
	} catch {
		signal?.throwIfAborted();
		throw Object.assign(new Error('Could not reach the server'), { status: 0 });
	}
	const { ok, status, headers: told } = response;
	let answer = {};
	try {
		if (text.startsWith('{')) answer = parse(text); // "OK" and "Unauthorized" are plain text
		const parts = Object.values(answer);
		if (ok) return Object.assign(parts.length === 1 ? parts[0] : answer, { [TAG]: told.get('ETag') }); // `{customer: …}` is a customer
	} catch { /* of a proxy, or cut off */ }
	const isAgain = status === 401 && path !== '/auth' ? await session.expired(isWrite)
		: status === 409 && once?.key && tries < 9 && await new Promise((run) => { setTimeout(run, 1000, true); }); // what this repeats is under way
	if (isAgain) return request(method, path, { ...options, tries: tries + 1 }, data);
	throw Object.assign(new Error(MEANING[status] ?? answer.message ?? `The server answered ${status}`), { status, type: answer.type, requestId: told.get('X-Request-Id'), retryAfter: told.get('Retry-After') });
}

/** Each signal aborts the one before. */
export function latest(...signals) {
	let current;
	return () => {
		current?.abort();
		current = new AbortController();
		return AbortSignal.any([current.signal, ...signals]);
	};
}
