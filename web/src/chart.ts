// The chart that can be asked and zoomed, in the place of the server's drawing;
// until it has its data, and wherever it gets none, that drawing stays.
import { ask } from './ask';
import { mixInk, type Ink } from './ink';
import { handlePointers } from './pointer';
import { makePlot, type Plot, type Span } from './plot';
import { fillReadout, pageOf, placeReadout, sentence } from './readout';
import { readSeries, type Answer, type Sample, type Series } from './series';
import { second } from './words';

const NEAR_PX = 28;

export interface Chart {
	/** Asks for the samples again; false when they were not answered. */
	refresh(): Promise<boolean>;
}

/** Everything of it in the document. */
interface Parts {
	figure: HTMLElement;
	drawn: HTMLElement; // all that follows
	box: HTMLElement; // takes the focus and the pointer
	ring: HTMLElement; // around what is selected
	readout: HTMLElement;
	spoken: HTMLElement; // what the keyboard found, for who hears it
	hint: HTMLElement;
	whole: HTMLButtonElement;
}

function make<T extends keyof HTMLElementTagNameMap>(tag: T, className: string,
	text = ''): HTMLElementTagNameMap[T] {
	const e = document.createElement(tag);

	e.className = className;
	e.textContent = text;
	return e;
}

function makeParts(figure: HTMLElement): Parts {
	const drawn = make('div', 'drawn');
	const tools = make('p', 'note tools');
	const parts: Parts = {
		figure, drawn, box: make('div', 'box'), ring: make('div', 'ring'),
		readout: make('div', 'readout'), spoken: make('p', 'hidden'),
		hint: make('span', ''), whole: make('button', '', 'Whole hour'),
	};
	const { box } = parts;

	parts.hint.id = 'chart-hint';
	parts.whole.type = 'button';
	parts.readout.hidden = parts.ring.hidden = true;
	parts.spoken.setAttribute('aria-live', 'polite');
	box.tabIndex = 0;
	box.setAttribute('role', 'application');
	box.setAttribute('aria-roledescription', 'chart');
	box.setAttribute('aria-label', `${figure.dataset['op']} at ` +
		`${figure.dataset['ca']}, the samples of the last hour`);
	// d1: what the server's drawing says of itself.
	box.setAttribute('aria-describedby', 'd1 chart-hint');
	tools.append(parts.hint, parts.whole);
	drawn.append(box, parts.readout, parts.spoken, tools);
	figure.querySelector('.plot')?.after(drawn);
	return parts;
}

/** The same view as the page's, of its samples. */
function addressOf(figure: HTMLElement): string {
	const query = new URLSearchParams({ ca: figure.dataset['ca'] ?? '',
		op: figure.dataset['op'] ?? 'issuance' });

	for (const name of new URLSearchParams(location.search).getAll('station'))
		query.append('station', name);
	return `/api/v1/series?${query}`;
}

/** What is zoomed to is in the address: "#zoom=1795406279-1795406579". */
function spanInAddress(): Span | null {
	const found = /^#zoom=(\d+)-(\d+)$/.exec(location.hash);

	return found ? { min: Number(found[1]), max: Number(found[2]) } : null;
}

class DrawnChart implements Chart {
	readonly parts: Parts;
	readonly ink: Ink;
	readonly stop = new AbortController();
	plot: Plot | null = null;
	series: Series | null = null;
	selected: Sample | null = null;

	constructor(figure: HTMLElement) {
		const { signal } = this.stop;

		this.parts = makeParts(figure);
		this.ink = mixInk(figure);
		this.parts.whole.addEventListener('click', () => {
			this.zoom(null);
			this.parts.box.focus({ preventScroll: true });
		}, { signal });
		this.parts.box.addEventListener('keydown', (e) => this.key(e),
			{ signal });
		this.parts.drawn.addEventListener('focusout', (e) => {
			if (!this.parts.drawn.contains(e.relatedTarget as Node | null))
				this.select(null);
		}, { signal });
		// Its link is to be followed, not to take the focus first.
		this.parts.readout.addEventListener('mousedown',
			(e) => e.preventDefault(), { signal });
		handlePointers(this, signal);
	}

	async refresh(): Promise<boolean> {
		if (this.stop.signal.aborted)
			return true;
		const answer = await ask(addressOf(this.parts.figure));

		if (!answer)
			return false;
		try {
			this.take(readSeries(JSON.parse(answer) as Answer));
		} catch {
			// Whatever it was: the server's drawing is as true.
			this.giveUp();
		}
		return true;
	}

	private take(series: Series): void {
		const was = this.selected;

		this.series = series;
		// The same one among those that are new.
		this.selected = was && (series.all.find((s) => s.id === was.id &&
			s.line.station === was.line.station) ?? null);
		if (this.plot) {
			this.plot.update(series);
			this.tellZoom();
		} else {
			this.begin(series);
		}
	}

	private begin(series: Series): void {
		const { figure, box, ring } = this.parts;

		figure.classList.add('is-drawn');
		this.plot = makePlot({ box, ink: this.ink, series,
			log: !!document.querySelector('#view [name=scale]:checked'),
			selected: (span) => this.zoom(span),
			drawn: () => this.mark() });
		this.plot.u.over.append(ring);
		this.plot.zoom(spanInAddress());
		this.tellZoom();
	}

	// --- zoom ---------------------------------------------------------------

	zoom(span: Span | null): void {
		this.plot?.zoom(span);
		this.tellZoom();

		const now = this.plot?.zoomed();
		history.replaceState(history.state, '', now ?
			`#zoom=${now.min}-${now.max}` :
			location.pathname + location.search);
	}

	private tellZoom(): void {
		const { hint, whole } = this.parts;
		const now = this.plot?.zoomed();
		const text = now ?
			`${second(now.min * 1e6)} to ${second(now.max * 1e6)} UTC` :
			matchMedia('(pointer: coarse)').matches ?
				'Tap a mark to read it, spread two fingers to zoom.' :
				'Point at a mark to read it, drag to zoom; arrow keys go ' +
				'from one to the next, Enter opens it.';

		whole.hidden = !now;
		if (hint.textContent !== text)
			hint.textContent = text;
	}

	/** Around the moment that is selected, or the middle. */
	private zoomBy(factor: number): void {
		const span = this.plot?.shown();

		if (!span)
			return;
		const at = this.selected ? this.selected.at / 1e6 :
			(span.min + span.max) / 2;

		this.zoom({ min: at - (at - span.min) * factor,
			max: at + (span.max - at) * factor });
	}

	// --- what is selected ---------------------------------------------------

	/** The sample that is nearest to a place in the plot. */
	near(x: number, y: number): Sample | null {
		let best = NEAR_PX ** 2;
		let found: Sample | null = null;

		for (const spot of this.plot?.spots() ?? []) {
			const far = (spot.x - x) ** 2 + (spot.y - y) ** 2;

			if (far < best) {
				best = far;
				found = spot.sample;
			}
		}
		return found;
	}

	select(sample: Sample | null): void {
		if (sample === this.selected)
			return;
		this.selected = sample;
		this.mark();
	}

	open(elsewhere: boolean): void {
		if (!this.series || !this.selected)
			return;
		const page = pageOf(this.series, this.selected);

		if (elsewhere)
			window.open(page, '_blank', 'noopener');
		else
			location.assign(page);
	}

	/** Ring and box at what is selected; also after each drawing. */
	private mark(): void {
		const { ring, readout, box } = this.parts;
		const spot = this.plot?.spots().find((p) =>
			p.sample === this.selected);

		ring.hidden = readout.hidden = !spot;
		if (!spot || !this.series || !this.plot)
			return;
		const { over } = this.plot.u;

		ring.style.transform = `translate(${spot.x}px, ${spot.y}px)`;
		fillReadout(readout, this.series, spot.sample);
		placeReadout(readout, over.offsetLeft + spot.x,
			over.offsetTop + spot.y, box.clientWidth, box.clientHeight);
	}

	// --- keys ---------------------------------------------------------------

	private key(e: KeyboardEvent): void {
		const steps: Record<string, () => void> = {
			ArrowRight: () => this.step(1),
			ArrowLeft: () => this.step(-1),
			ArrowUp: () => this.otherLine(-1),
			ArrowDown: () => this.otherLine(1),
			Home: () => this.step(-Infinity),
			End: () => this.step(Infinity),
			Enter: () => this.open(e.ctrlKey || e.metaKey),
			Escape: () => {
				this.select(null);
				this.zoom(null);
			},
			'+': () => this.zoomBy(0.5),
			'-': () => this.zoomBy(2),
		};
		const step = steps[e.key];

		if (!step || e.altKey)
			return;
		e.preventDefault();
		step();
	}

	/** To the next sample in time, of those that are to be seen. */
	private step(by: number): void {
		const all = this.plot?.spots() ?? [];
		const at = all.findIndex((p) => p.sample === this.selected);
		const next = at < 0 ? (by > 0 && by !== Infinity ? 0 : all.length - 1) :
			Math.max(0, Math.min(all.length - 1, at + by));

		this.say(all[by === -Infinity ? 0 : next]?.sample);
	}

	/** To another station, to what it measured nearest in time. */
	private otherLine(by: number): void {
		const all = this.plot?.spots() ?? [];
		const at = this.selected ?? all[0]?.sample;
		const lines = (this.series?.lines ?? []).filter((l) =>
			all.some((p) => p.sample.line === l));

		if (!at)
			return;
		const to = lines[(lines.indexOf(at.line) + by + lines.length) %
			lines.length];

		this.say(all.map((p) => p.sample).filter((s) => s.line === to)
			.sort((a, b) => Math.abs(a.at - at.at) -
				Math.abs(b.at - at.at))[0]);
	}

	private say(sample: Sample | undefined): void {
		if (!sample || !this.series)
			return;
		this.select(sample);
		this.parts.spoken.textContent = sentence(this.series, sample);
	}

	/** Leaves the page as it came. */
	private giveUp(): void {
		this.stop.abort();
		this.plot?.destroy();
		this.ink.end();
		this.parts.drawn.remove();
		this.parts.figure.classList.remove('is-drawn');
	}
}

export type { DrawnChart };

/** Null where nothing can be drawn. */
export function startChart(figure: HTMLElement): Chart | null {
	if (!document.createElement('canvas').getContext('2d'))
		return null;
	const chart = new DrawnChart(figure);

	void chart.refresh();
	return chart;
}
