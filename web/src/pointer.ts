// Mouse and fingers on the chart. A mouse points, clicks and drags (which is
// uPlot's); a finger taps and slides sideways, two zoom. Sliding up and down
// stays the page's (touch-action in page.css).
import type { DrawnChart } from './chart';

const STILL_PX = 6; // less is no dragging

interface Place {
	x: number;
	y: number;
}

export function handlePointers(chart: DrawnChart, signal: AbortSignal): void {
	const { box } = chart.parts;
	const fingers = new Map<number, Place>();
	let down: Place = { x: 0, y: 0 };
	let byMouse = false;
	let pinch: { left: number; right: number } | null = null; // moments

	/** From the corner of the plot. */
	function placeOf(e: PointerEvent | MouseEvent): Place {
		const corner = chart.plot?.u.over.getBoundingClientRect();

		return { x: e.clientX - (corner?.left ?? 0),
			y: e.clientY - (corner?.top ?? 0) };
	}

	function sides(): [left: number, right: number] {
		const xs = [...fingers.values()].map((p) => p.x);

		return [Math.min(...xs), Math.max(...xs)];
	}

	function beginPinch(): void {
		const [left, right] = sides();

		if (chart.plot)
			pinch = { left: chart.plot.u.posToVal(left, 'x'),
				right: chart.plot.u.posToVal(right, 'x') };
	}

	/** So that what was under the fingers stays under them. */
	function movePinch(): void {
		const [left, right] = sides();
		const width = chart.plot?.u.over.clientWidth ?? 0;

		if (!pinch || right - left < STILL_PX)
			return;
		const perPx = (pinch.right - pinch.left) / (right - left);
		const min = pinch.left - left * perPx;

		chart.zoom({ min, max: min + width * perPx });
	}

	function letGo(e: PointerEvent): void {
		fingers.delete(e.pointerId);
		pinch = null;
	}

	box.addEventListener('pointerdown', (e) => {
		byMouse = e.pointerType === 'mouse';
		down = placeOf(e);
		if (byMouse)
			return;
		fingers.set(e.pointerId, down);
		if (fingers.size === 2)
			beginPinch();
		else
			chart.select(chart.near(down.x, down.y));
	}, { signal });
	box.addEventListener('pointermove', (e) => {
		const at = placeOf(e);

		if (e.pointerType === 'mouse' && e.buttons === 0) {
			chart.select(chart.near(at.x, at.y));
			box.classList.toggle('at-mark', !!chart.selected);
		}
		if (!fingers.has(e.pointerId))
			return;
		fingers.set(e.pointerId, at);
		if (pinch)
			movePinch();
		else if (fingers.size === 1)
			chart.select(chart.near(at.x, at.y) ?? chart.selected);
	}, { signal });
	box.addEventListener('pointerup', letGo, { signal });
	box.addEventListener('pointercancel', letGo, { signal });
	box.addEventListener('pointerleave', (e) => {
		if (e.pointerType === 'mouse' && e.buttons === 0)
			chart.select(null);
	}, { signal });
	box.addEventListener('click', (e) => {
		const at = placeOf(e);

		// A finger only asks: what it found has a link.
		if (byMouse && Math.hypot(at.x - down.x, at.y - down.y) < STILL_PX &&
			chart.near(at.x, at.y))
			chart.open(e.ctrlKey || e.metaKey);
	}, { signal });
	box.addEventListener('dblclick', () => chart.zoom(null), { signal });
}
