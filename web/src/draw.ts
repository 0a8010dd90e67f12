// What is drawn into uPlot's canvas: hatching, samples, medians and the rail of
// the failures; the same drawing as the server's (src/report/chart.c).
import type uPlot from 'uplot';
import type { Ink } from './ink';
import { STYLES } from './ink';
import { gaps, medians, type Line, type Sample, type Series } from './series';

export const RAIL_PX = 20; // above the plot, where failures are
const HATCH_PX = 8;

// Marks that differ by shape, around the point they begin at.
const MARKS = [
	'm-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0',
	'm-2.8-2.8h5.6v5.6h-5.6z',
	'm0-4l4 4-4 4-4-4z',
	'm0-4l4 6.6h-8z',
	'm-3-3l6 6m-6 0l6-6',
	'm-4 0h8m-4-4v8',
	'm0 4l4-6.6h-8z',
	'm-4 0h8',
];
const CROSS = 'm-4-4l8 8m0-8l-8 8';
const RING = 'm-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0';
const ARROW = 'm-4 5l4-5 4 5z';

/** A sample and where it is seen, in pixels from the corner of the plot. */
export interface Spot {
	sample: Sample;
	x: number;
	y: number;
}

interface Scene {
	u: uPlot;
	ink: Ink;
	series: Series;
	ctx: CanvasRenderingContext2D;
	width: number; // of the plot, in pixels of the page
	height: number;
	min: number; // the moments at its sides
	max: number;
	top: number; // the value at its top
}

function sceneOf(u: uPlot, ink: Ink, series: Series): Scene {
	return { u, ink, series, ctx: u.ctx, width: u.over.clientWidth,
		height: u.over.clientHeight, min: u.scales['x']?.min ?? 0,
		max: u.scales['x']?.max ?? 1, top: u.scales['y']?.max ?? 1 };
}

const xOf = (s: Scene, at: number) => s.u.valToPos(at / 1e6, 'x');
const yOf = (s: Scene, us: number) => s.u.valToPos(
	Math.min(Math.max(us, s.u.scales['y']?.min ?? 0), s.top), 'y');

const seen = (s: Scene, one: Sample) =>
	one.at >= s.min * 1e6 && one.at <= s.max * 1e6;

/** Draws in pixels of the page, with the corner of the plot as origin. */
function within(s: Scene, draw: () => void): void {
	const ratio = s.u.bbox.width / s.width;

	s.ctx.save();
	s.ctx.translate(s.u.bbox.left, s.u.bbox.top);
	s.ctx.scale(ratio, ratio);
	draw();
	s.ctx.restore();
}

/** So that a line that comes from outside of a zoomed stretch ends at its edge. */
function clip(s: Scene): void {
	s.ctx.beginPath();
	s.ctx.rect(0, -2, s.width, s.height + 4);
	s.ctx.clip();
}

/** A mark at each place, once: on one another they show nothing new. */
function marksAt(spots: Spot[], mark: (spot: Spot) => string): Path2D {
	const places = new Set<string>();
	let path = '';

	for (const spot of spots) {
		const place = `M${spot.x.toFixed(1)} ${spot.y.toFixed(1)}`;

		if (!places.has(place))
			path += place + mark(spot);
		places.add(place);
	}
	return new Path2D(path);
}

/** Where each sample is; of those that failed, on the rail. */
export function placeSpots(u: uPlot, ink: Ink, series: Series): Spot[] {
	const s = sceneOf(u, ink, series);

	return series.all.filter((one) => seen(s, one)).map((sample) => ({
		sample, x: xOf(s, sample.at),
		y: sample.good ? yOf(s, sample.took) : -RAIL_PX }));
}

/** Under the grid: where nobody measured. */
export function drawGaps(u: uPlot, ink: Ink, series: Series): void {
	const s = sceneOf(u, ink, series);

	within(s, () => {
		s.ctx.strokeStyle = ink.colour('gap');
		s.ctx.lineWidth = ink.width('gap');
		for (const [from, to] of gaps(series)) {
			// A sample at its edge stays in the open.
			const left = Math.max(0, xOf(s, from) +
				(from > series.from ? 3 : 0));
			const right = Math.min(s.width, xOf(s, to) -
				(to < series.to ? 3 : 0));

			if (right > left)
				hatch(s, left, right);
		}
	});
}

function hatch(s: Scene, left: number, right: number): void {
	const first = Math.floor((left - s.height) / HATCH_PX) * HATCH_PX;

	s.ctx.save();
	s.ctx.beginPath();
	s.ctx.rect(left, 0, right - left, s.height);
	s.ctx.clip();
	s.ctx.beginPath();
	for (let x = first; x < right; x += HATCH_PX) {
		s.ctx.moveTo(x, s.height);
		s.ctx.lineTo(x + s.height, 0);
	}
	s.ctx.stroke();
	s.ctx.restore();
}

function drawMedians(s: Scene, line: Line, crowd: boolean): void {
	s.ctx.beginPath();
	for (const step of medians(line)) {
		const y = yOf(s, step.value);

		if (step.joined)
			s.ctx.lineTo(xOf(s, step.from), y);
		else
			s.ctx.moveTo(xOf(s, step.from), y);
		s.ctx.lineTo(xOf(s, step.to), y);
	}
	s.ctx.strokeStyle = s.ink.colour(`s${line.style}`);
	s.ctx.lineWidth = crowd ? 1 : 2;
	s.ctx.lineJoin = 'round';
	s.ctx.setLineDash(s.ink.dash(line.style));
	s.ctx.stroke();
	s.ctx.setLineDash([]);
}

function drawSamples(s: Scene, line: Line, spots: Spot[], crowd: boolean): void {
	const own = spots.filter((p) => p.sample.line === line && p.sample.good);
	const inside = own.filter((p) => p.sample.took <= s.top);
	const above = own.filter((p) => p.sample.took > s.top);

	s.ctx.strokeStyle = s.ink.colour(`s${line.style}`);
	s.ctx.globalAlpha = crowd ? 0.5 : 0.85;
	s.ctx.lineWidth = crowd ? 2.5 : 1.5;
	s.ctx.lineCap = crowd ? 'round' : 'butt';
	// Among many, a dot is a dot.
	s.ctx.stroke(marksAt(inside, () => crowd ? 'h0' :
		MARKS[line.style] ?? 'h0'));
	s.ctx.globalAlpha = 1;
	s.ctx.lineCap = 'butt';
	s.ctx.fillStyle = s.ink.colour('above');
	s.ctx.fill(marksAt(above, () => ARROW));
}

function drawRail(s: Scene, spots: Spot[]): void {
	const failed = spots.filter((p) => !p.sample.good);

	s.ctx.beginPath();
	s.ctx.moveTo(0, -RAIL_PX);
	s.ctx.lineTo(s.width, -RAIL_PX);
	s.ctx.lineWidth = 1;
	s.ctx.strokeStyle = s.ink.colour('rail');
	s.ctx.stroke();
	for (const name of ['other', 'failed']) {
		s.ctx.strokeStyle = s.ink.colour(name);
		s.ctx.lineWidth = s.ink.width(name);
		s.ctx.stroke(marksAt(failed.filter((p) =>
			p.sample.ofCa === (name === 'failed')),
			() => name === 'failed' ? CROSS : RING));
	}
	s.ctx.fillStyle = s.ink.colour('tick');
	s.ctx.font = '12px system-ui, sans-serif';
	s.ctx.textAlign = 'right';
	s.ctx.textBaseline = 'middle';
	s.ctx.fillText('failed', -8, -RAIL_PX);
}

/** Over the grid. */
export function drawSeries(u: uPlot, ink: Ink, series: Series,
	spots: Spot[]): void {
	const s = sceneOf(u, ink, series);
	const crowd = series.lines.length > STYLES;

	within(s, () => {
		drawRail(s, spots);
		if (series.all.length === 0) {
			s.ctx.textAlign = 'center';
			s.ctx.fillText('nothing measured', s.width / 2, s.height / 2);
		}
		for (const line of series.lines)
			drawSamples(s, line, spots, crowd);
		clip(s);
		for (const line of series.lines)
			drawMedians(s, line, crowd);
	});
}
