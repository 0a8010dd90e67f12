// Keeps a page that is left open true: whatever the server says is different
// replaces what is shown.
import { ask } from './ask';
import type { Chart } from './chart';

const SOONEST_MS = 4000; // between two refreshes
const LATEST_MS = 15000; // without a word the server is asked anyway
const OLD_MS = 30000; // then the page says that it is old

let refreshed = Date.now();
let asking = false;
let wanted = false;

/** Local time beside UTC, where a pointer or a reader finds it. */
export function addLocalTimes(): void {
	for (const e of document.querySelectorAll('time[datetime]:not([title])')) {
		const at = new Date(e.getAttribute('datetime') ?? '');

		e.setAttribute('title', `${at.toLocaleString()} here`);
	}
}

function replace(shown: Element, fresh: Element): void {
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

/** Of the chart only what is drawn and written: its form keeps its state. */
function replaceChart(shown: Element, fresh: Element): void {
	for (const part of ['h2', '.plot', '.values']) {
		const here = shown.querySelector(part);
		const there = fresh.querySelector(part);

		if (here && there)
			replace(here, there);
	}
}

function show(html: string): void {
	const fresh = new DOMParser().parseFromString(html, 'text/html');

	for (const part of fresh.querySelectorAll('body > [id]')) {
		const shown = document.getElementById(part.id);

		if (shown && part.id === 'chart')
			replaceChart(shown, part);
		else if (shown)
			replace(shown, part);
	}
	addLocalTimes();
}

/** Never a page that looks fresh and is not. */
function tellAge(): void {
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

async function refresh(chart: Chart | null): Promise<void> {
	wanted = true;
	if (asking || document.hidden || Date.now() - refreshed < SOONEST_MS)
		return;
	asking = true;
	wanted = false;

	const address = new URL(location.href);
	address.searchParams.set('part', '1');
	address.hash = '';
	try {
		const answer = await ask(address.href);

		if (answer) {
			show(answer);
			if (!chart || await chart.refresh())
				refreshed = Date.now();
		}
	} finally {
		asking = false;
	}
	tellAge();
}

/** From now on, as long as the page is open. */
export function keepTrue(chart: Chart | null): void {
	const events = new EventSource('/api/v1/events');

	events.addEventListener('board', () => void refresh(chart));
	// The stream may be refused, or end: then the clock asks.
	setInterval(() => {
		if (wanted || Date.now() - refreshed > LATEST_MS)
			void refresh(chart);
		tellAge();
	}, 1000);
	document.addEventListener('visibilitychange',
		() => void refresh(chart));
}
