// What is said of one sample: in a box beside it, and in one sentence for who
// hears the page.
import { binOf, binStart, summarise, type Sample, type Series } from './series';
import { latency, minute, moment } from './words';

const BIN_US = 300e6;
const GAP_PX = 16;
const NARROW_PX = 800; // no room beside any place

/** Where its own page is. */
export function pageOf(series: Series, s: Sample): string {
	return `/${series.op ? 'exchanges' : 'issuances'}/` +
		`${encodeURIComponent(s.line.station)}/${s.id}`;
}

/** Of its time: the network's part and the CA's, or our own waiting. */
function split(series: Series, s: Sample): string {
	if (!series.op)
		return s.waited === null ? '' :
			`${latency(s.waited)} of it our own waiting`;
	if (s.network === null || s.ca === null)
		return '';
	return `network ${latency(s.network)}, ` +
		`CA ${latency(s.ca)}`;
}

/** What failed, at which operation, and against whom it counts. */
function failure(s: Sample): string {
	if (s.good)
		return '';
	return `failed${s.op ? ` at ${s.op}` : ''}: ${s.outcome}` +
		(s.status === null ? '' : `, HTTP ${s.status}`) +
		(s.ofCa ? '' : ' (does not count against the CA)');
}

/** The five minutes around it, at the same station. */
function around(s: Sample): string {
	const { n, failed, p50, p95 } = summarise(binOf(s.line, s.at));
	const from = binStart(s.at);

	return `${minute(from)}–${minute(from + BIN_US)}: ` +
		(p50 < 0 ? '' : `p50 ${latency(p50)}, p95 ${latency(p95)}, `) +
		`n ${n}` + (failed ? `, ${failed} failed` : '');
}

/** All of it, a line each. */
function linesOf(series: Series, s: Sample): string[] {
	return [failure(s), moment(s.at), split(series, s), around(s)]
		.filter((line) => line);
}

export function sentence(series: Series, s: Sample): string {
	return [`${s.line.place}, ${latency(s.took)}`, ...linesOf(series, s)]
		.join('; ');
}

function element(tag: string, className: string, text: string): HTMLElement {
	const e = document.createElement(tag);

	e.className = className;
	e.textContent = text;
	return e;
}

/** The mark of a station as the form above the chart shows it, if it does. */
function markOf(s: Sample): Node[] {
	const boxes = document.querySelectorAll<HTMLInputElement>(
		'#view input[name=station]');
	const box = [...boxes].find((b) => b.value === s.line.station);
	const mark = box?.parentElement?.querySelector('svg');

	return mark ? [mark.cloneNode(true), document.createTextNode(' ')] : [];
}

export function fillReadout(box: HTMLElement, series: Series, s: Sample): void {
	const head = element('p', 'head', '');
	const link = element('a', '', series.op ? 'Open the exchange' :
		'Open the issuance');
	const [first, ...rest] = linesOf(series, s);
	const focused = box.contains(document.activeElement);

	link.setAttribute('href', pageOf(series, s));
	head.append(...markOf(s), `${s.line.place} `,
		element('b', '', latency(s.took)));
	box.replaceChildren(head,
		element('p', s.good ? '' : s.ofCa ? 'bad' : 'mixed', first ?? ''),
		...rest.map((line) => element('p', '', line)));
	box.append(link);
	if (focused)
		link.focus({ preventScroll: true });
}

/**
 * Beside a place, within the chart, and not over what it speaks of; on a phone,
 * below the chart.
 */
export function placeReadout(box: HTMLElement, x: number, y: number,
	width: number, height: number): void {
	const narrow = width < NARROW_PX;
	const left = x + GAP_PX + box.offsetWidth > width ?
		x - GAP_PX - box.offsetWidth : x + GAP_PX;
	const top = Math.min(Math.max(0, y - box.offsetHeight / 2),
		height - box.offsetHeight);

	box.style.left = `${narrow ? 0 : Math.round(left)}px`;
	box.style.top = `${narrow ? height : Math.round(top)}px`;
}
