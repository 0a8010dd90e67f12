// The chart as uPlot draws it: axes and scales are uPlot's, the marks are ours
// (draw.ts). One of them lasts as long as the page: new samples are put into it.
import uPlot from 'uplot';
import { drawGaps, drawSeries, placeSpots, RAIL_PX, type Spot } from './draw';
import type { Ink } from './ink';
import { range, type Series } from './series';
import { minute, second, tick } from './words';

const LEAST_HEIGHT_PX = 240;
const SHAPE = 260 / 720; // of the server's drawing: nothing jumps
const LEAST_SPAN_S = 10;
const STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200];

export interface Span {
	min: number; // in seconds, as uPlot counts time
	max: number;
}

export interface Plot {
	u: uPlot;
	spots(): Spot[]; // those that are to be seen
	update(series: Series): void;
	zoom(span: Span | null): void; // null: all there is
	zoomed(): Span | null;
	shown(): Span;
	destroy(): void;
}

export interface PlotSetup {
	ink: Ink;
	box: HTMLElement; // where it is drawn
	log: boolean;
	series: Series;
	selected(span: Span): void; // dragged over
	drawn(): void;
}

function heightOf(width: number): number {
	return Math.max(LEAST_HEIGHT_PX, Math.round(width * SHAPE));
}

/** Of whole seconds within what there is, and long enough to see something. */
function limit(span: Span, whole: Span): Span | null {
	const size = Math.max(span.max - span.min, LEAST_SPAN_S);
	const middle = (span.min + span.max) / 2;
	const min = Math.floor(Math.max(whole.min, middle - size / 2));
	const max = Math.ceil(Math.min(whole.max, min + size));

	if (max - min < LEAST_SPAN_S || max - min >= whole.max - whole.min)
		return null;
	return { min, max };
}

function valueSplits(min: number, max: number, log: boolean): number[] {
	const splits: number[] = [];

	if (!log)
		return [0, max / 2, max];
	for (let us = min; us <= max * 1.01; us *= 10)
		splits.push(us);
	return splits;
}

export function makePlot(setup: PlotSetup): Plot {
	const { box, ink, log } = setup;
	let series = setup.series;
	let zoom: Span | null = null;
	let spots: Spot[] = [];

	const whole = (): Span => ({ min: series.from / 1e6, max: series.to / 1e6 });
	const data = (): uPlot.AlignedData =>
		[[whole().min, whole().max], [null, null]];
	const tickFont = '12px system-ui, sans-serif';
	const u = new uPlot({
		width: box.clientWidth,
		height: heightOf(box.clientWidth),
		padding: [RAIL_PX + 12, 20, 0, 0],
		legend: { show: false },
		cursor: { y: false, points: { show: false },
			drag: { x: true, y: false, setScale: false, dist: 5 },
			bind: { dblclick: () => null } },
		scales: { x: { time: false, auto: false },
			y: { auto: false, distr: log ? 3 : 1 } },
		series: [{}, { paths: () => null, points: { show: false } }],
		axes: [{
			font: tickFont, stroke: () => ink.colour('tick'),
			size: 28, gap: 4, space: 72, incrs: STEPS_S,
			grid: { show: false },
			ticks: { stroke: () => ink.colour('rail'), size: 4, width: 1 },
			values: (_u, at, _axis, _space, step) => at.map((s) =>
				step < 60 ? second(s * 1e6) : minute(s * 1e6)),
		}, {
			font: tickFont, stroke: () => ink.colour('tick'),
			size: 60, gap: 8,
			grid: { stroke: () => ink.colour('grid'), width: 1 },
			ticks: { show: false },
			splits: (_u, _axis, min, max) => valueSplits(min, max, log),
			filter: (_u, splits) => splits,
			values: (_u, splits) => splits.map(tick),
		}],
		hooks: {
			drawClear: [(self) => drawGaps(self, ink, series)],
			draw: [(self) => {
				spots = placeSpots(self, ink, series);
				drawSeries(self, ink, series, spots);
				setup.drawn();
			}],
			setSelect: [(self) => {
				const { left, width } = self.select;

				if (width === 0)
					return;
				self.setSelect({ left: 0, top: 0, width: 0, height: 0 },
					false);
				setup.selected({ min: self.posToVal(left, 'x'),
					max: self.posToVal(left + width, 'x') });
			}],
		},
	}, data(), box);

	function scale(): void {
		const span = zoom ?? whole();
		const [low, top] = range(series.all.filter((s) =>
			s.at >= span.min * 1e6 && s.at <= span.max * 1e6), log);

		u.batch(() => {
			u.setScale('x', span);
			u.setScale('y', { min: low, max: top });
		});
	}

	function resize(): void {
		const width = box.clientWidth;

		if (width > 0 && width !== u.width)
			u.setSize({ width, height: heightOf(width) });
	}

	const resizes = new ResizeObserver(resize);
	const darkens = matchMedia('(prefers-color-scheme: dark)');
	const redraw = () => u.redraw(false);
	resizes.observe(box);
	darkens.addEventListener('change', redraw);
	scale();

	return {
		u,
		spots: () => spots,
		update(fresh) {
			series = fresh;
			// What was zoomed to leaves the hour in the end.
			zoom = zoom && zoom.max > whole().min ? limit(zoom, whole()) :
				null;
			u.setData(data(), false);
			scale();
		},
		zoom(span) {
			zoom = span && limit(span, whole());
			scale();
		},
		zoomed: () => zoom,
		shown: () => zoom ?? whole(),
		destroy() {
			resizes.disconnect();
			darkens.removeEventListener('change', redraw);
			u.destroy();
		},
	};
}
