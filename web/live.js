// Keeps a page that is left open true: whatever the server says is different
// replaces what is shown. Everything is drawn by the server, so that the page
// with and without this script shows the same.
// @ts-check

const SOONEST_MS = 4000; // between two refreshes
const LATEST_MS = 15000; // without a word the server is asked anyway
const OLD_MS = 30000; // then the page says that it is old

let refreshed = Date.now();
let asking = false;
let wanted = false;

/** Local time beside UTC, where a pointer or a reader finds it. */
function addLocalTimes() {
	for (const e of document.querySelectorAll('time[datetime]:not([title])')) {
		const at = new Date(e.getAttribute('datetime') ?? '');

		e.setAttribute('title', `${at.toLocaleString()} here`);
	}
}

/**
 * @param {Element} shown
 * @param {Element} fresh
 */
function replace(shown, fresh) {
	const focused = document.activeElement;
	const link = shown.contains(focused) && focused?.getAttribute('href');

	if (shown.innerHTML === fresh.innerHTML)
		return;
	shown.className = fresh.className;
	shown.replaceChildren(...fresh.childNodes);
	if (link)
		[...shown.querySelectorAll('a')]
			.find((a) => a.getAttribute('href') === link)?.focus();
}

/** @param {string} html */
function show(html) {
	const fresh = new DOMParser().parseFromString(html, 'text/html');

	for (const part of fresh.querySelectorAll('[id]')) {
		const shown = document.getElementById(part.id);

		// Of the chart only what is drawn: the form keeps its state.
		if (part.id === 'chart') {
			const plot = shown?.querySelector('.plot');
			const next = part.querySelector('.plot');

			if (plot && next)
				replace(plot, next);
		} else if (shown && part.matches('body > *')) {
			replace(shown, part);
		}
	}
	addLocalTimes();
}

/** Never a page that looks fresh and is not. */
function tellAge() {
	const old = Date.now() - refreshed > OLD_MS;
	let note = document.getElementById('stale');

	if (!old) {
		note?.remove();
		return;
	}
	if (!note) {
		note = document.createElement('p');
		note.id = 'stale';
		note.setAttribute('role', 'status');
		document.querySelector('main')?.prepend(note);
	}
	note.textContent = 'This page could not be refreshed for ' +
		`${Math.round((Date.now() - refreshed) / 1000)} s: ` +
		'what it shows is that old.';
}

async function refresh() {
	const address = new URL(location.href);

	wanted = true;
	if (asking || document.hidden || Date.now() - refreshed < SOONEST_MS)
		return;
	asking = true;
	wanted = false;
	address.searchParams.set('part', '1');
	try {
		const answer = await fetch(address, {
			signal: AbortSignal.timeout(LATEST_MS),
		});

		if (answer.ok) {
			show(await answer.text());
			refreshed = Date.now();
		}
	} catch {
		// tellAge() says it when it lasts.
	}
	asking = false;
	tellAge();
}

/** The view is in the address: a choice leads to another one. */
function sendFormAtOnce() {
	const form = /** @type {HTMLFormElement | null} */ (
		document.getElementById('view'));

	form?.addEventListener('change', () => form.requestSubmit());
}

if (document.getElementById('sentence')) {
	const events = new EventSource('/api/v1/events');

	events.addEventListener('board', () => void refresh());
	// The stream may be refused, or end: then the clock asks.
	setInterval(() => {
		if (wanted || Date.now() - refreshed > LATEST_MS)
			void refresh();
		tellAge();
	}, 1000);
	document.addEventListener('visibilitychange', () => void refresh());
	sendFormAtOnce();
}
addLocalTimes();
