/** Requests to the admin API. */

/** Filled from config.json before the first page is drawn. */
export const config = { name: 'Cohort', api: '/admin', extensions: [] };
export const has = (extension) => config.extensions.includes(extension);
/** `expired(isWrite)`, set by main.js, answers whether the user signed in again, so that a write may be repeated. */
export const session = {};
export const isAbort = (error) => error.name === 'AbortError';

class ApiError extends Error {
	constructor(status, { type, message } = {}, headers) {
		super(message ?? (status ? `The server answered ${status}` : 'Could not reach the server'));
		Object.assign(this, { status, type, requestId: headers?.get('X-Request-Id'), retryAfter: Number(headers?.get('Retry-After')) });
	}
}

/** Lists as `a[]=1&a[]=2`, ranges as `a[gte]=1`. What is empty is left out: v1 answers `groups=` with 500. */
function encode(key, value) {
	if (Array.isArray(value)) return value.flatMap((item) => encode(`${key}[]`, item));
	if (value && typeof value === 'object') return Object.entries(value).flatMap(([name, item]) => encode(key ? `${key}[${name}]` : name, item));
	return (value ?? '') === '' || value === false ? [] : `${key}=${encodeURIComponent(value)}`;
}

export const get = (path, options) => request('GET', path, undefined, options);
export const post = (path, body, options) => request('POST', path, body, options);
export const del = (path, body, options) => request('DELETE', path, body, options);

async function request(method, path, body, options, isRetry) {
	const { query, signal, seconds = 15 } = options ?? {};
	const isWrite = method !== 'GET';
	const search = encode('', query).join('&');
	let response, answer;
	try {
		response = await fetch(config.api + path + (search && `?${search}`), { method, signal: AbortSignal.any([AbortSignal.timeout(seconds * 1000), signal].filter(Boolean)),
			headers: isWrite ? { 'Content-Type': 'application/json' } : {}, body: JSON.stringify(body) });
		answer = await response.text();
	} catch {
		signal?.throwIfAborted();
		throw new ApiError(0);
	}
	try {
		answer = JSON.parse(answer);
	} catch {
		answer = undefined; // "OK" and "Unauthorized" are plain text
	}
	if (response.ok) {
		const parts = Object.values(answer ?? {});
		return parts.length === 1 ? parts[0] : answer; // `{customer: …}` is a customer
	}
	if (response.status === 401 && path !== '/auth') {
		if (!isRetry && (await session.expired(isWrite))) return request(method, path, body, options, true);
		if (!isWrite) throw new DOMException('', 'AbortError'); // the login page is on its way
		answer = { message: 'Your session has expired. Sign in and try again.' };
	}
	throw new ApiError(response.status, answer, response.headers);
}

/** Sends ids a thousand at a time: v1 refuses bodies above 100 kB. A failure's `note` says how far it came. */
export async function inChunks(ids, send, { said, onDone, progress, signal }) {
	for (let at = 0; at < ids.length; at += 1000) {
		const chunk = ids.slice(at, at + 1000);
		progress?.(at, ids.length);
		try {
			signal?.throwIfAborted();
			await send(chunk);
		} catch (error) {
			const result = isAbort(error) ? new DOMException('Stopped.', 'AbortError') : error;
			if (ids.length > 1000) result.note = `${at.toLocaleString()} of ${ids.length.toLocaleString()} ${said}, the rest stay selected.`;
			throw result;
		}
		onDone(chunk);
	}
}

/** Answers a function that answers a fresh signal each time, and aborts the one before. */
export function latest(...signals) {
	let current;
	return () => {
		current?.abort();
		current = new AbortController();
		return AbortSignal.any([current.signal, ...signals]);
	};
}

/** Runs at most `width` of the functions given to it at a time. */
export function limiter(width) {
	const waiting = [];
	const next = () => width > 0 && waiting.shift()?.();
	return (work) => new Promise((resolve) => {
		waiting.push(() => { width -= 1; resolve(work()); });
		next();
	}).finally(() => { width += 1; next(); });
}
