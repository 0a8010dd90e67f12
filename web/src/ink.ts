// Colours and dashes of the chart, out of the page's style sheet, so that they
// are said once. They are asked for at each drawing: dark may have become light.

const SVG = 'http://www.w3.org/2000/svg';
const CLASSES = ['grid', 'rail', 'tick', 'gap', 'failed', 'other', 'above'];
export const STYLES = 8;

export interface Ink {
	colour(name: string): string; // of a class of the server's drawing
	width(name: string): number;
	dash(style: number): number[];
	end(): void;
}

/** Beside the chart, unseen, as the style sheet wants to be asked. */
export function mixInk(figure: Element): Ink {
	const svg = document.createElementNS(SVG, 'svg');
	const box = document.createElement('div');
	const probes = new Map<string, CSSStyleDeclaration>();

	function add(name: string, classes: string): void {
		const drawn = document.createElementNS(SVG,
			name === 'tick' ? 'text' : 'path');

		drawn.setAttribute('class', classes);
		svg.append(drawn);
		// This stays true when the style changes.
		probes.set(name, getComputedStyle(drawn));
	}

	svg.setAttribute('class', 'chart');
	for (const name of CLASSES)
		add(name, name);
	for (let i = 0; i < STYLES; i++)
		add(`s${i}`, `median s${i}`);
	box.hidden = true;
	box.append(svg);
	figure.append(box);

	return {
		colour(name) {
			const style = probes.get(name);

			return (name === 'tick' || name === 'above' ? style?.fill :
				style?.stroke) ?? '';
		},
		width: (name) => parseFloat(probes.get(name)?.strokeWidth ?? '1'),
		dash: (style) => (probes.get(`s${style}`)?.strokeDasharray ?? '')
			.split(/[ ,]+/).map(parseFloat).filter((n) => n > 0),
		end: () => box.remove(),
	};
}
