// What /api/v1/series answers, and what is computed of it: the same figures as
// in the server's drawing, by the rules of src/report/chart.c and series.c.

/** A sample as it is sent; docs/api.md names the places. */
type Row = [
	id: number, startUs: number, tookUs: number, outcome: string,
	networkUs: number | null, caUs: number | null, waitedUs: number | null,
	status: number | null, op: string | null,
];

export interface Answer {
	ca: string;
	op: string | null;
	from_us: number;
	now_us: number;
	against_ca: string[];
	stations: {
		station: string;
		place: string;
		style: number;
		gap_us: number;
		samples: Row[];
	}[];
}

export interface Sample {
	line: Line;
	id: number;
	at: number; // when it started, in microseconds
	took: number;
	outcome: string;
	good: boolean;
	ofCa: boolean; // a failure that counts against the CA
	network: number | null;
	ca: number | null;
	waited: number | null;
	status: number | null;
	op: string | null;
}

export interface Line {
	station: string;
	place: string;
	style: number;
	gap: number;
	samples: Sample[];
}

export interface Series {
	ca: string;
	op: string | null; // null: issuances as a whole
	from: number;
	to: number;
	lines: Line[];
	all: Sample[]; // of all lines, in the order of their starts
}

export function readSeries(answer: Answer): Series {
	const lines = answer.stations.map((s) => {
		const line: Line = { station: s.station, place: s.place,
			style: s.style, gap: s.gap_us, samples: [] };

		line.samples = s.samples
			.filter((r) => r[1] >= answer.from_us && r[1] <= answer.now_us)
			.map((r) => ({ line, id: r[0], at: r[1], took: r[2],
				outcome: r[3], good: r[3] === 'ok',
				ofCa: answer.against_ca.includes(r[3]),
				network: r[4], ca: r[5], waited: r[6],
				status: r[7], op: r[8] }));
		return line;
	});

	return { ca: answer.ca, op: answer.op, from: answer.from_us,
		to: answer.now_us, lines,
		all: lines.flatMap((l) => l.samples)
			.sort((a, b) => a.at - b.at || a.id - b.id) };
}

// --- statistics --------------------------------------------------------------

export interface Summary {
	n: number;
	failed: number; // counts against the CA
	p50: number; // of those that were good; -1 without any
	p95: number;
	max: number;
}

/** The value of rank ceil(n * share). */
function rank(sorted: number[], perMille: number): number {
	const place = Math.floor((sorted.length * perMille + 999) / 1000);

	return sorted[place ? place - 1 : 0] ?? -1;
}

export function summarise(samples: Sample[]): Summary {
	const took = samples.filter((s) => s.good).map((s) => s.took)
		.sort((a, b) => a - b);

	return { n: samples.length, failed: samples.filter((s) => s.ofCa).length,
		p50: rank(took, 500), p95: rank(took, 950),
		max: took[took.length - 1] ?? -1 };
}

const BIN_US = 300e6;

/** The five minutes of the clock that a moment belongs to. */
export function binStart(at: number): number {
	return Math.floor(at / BIN_US) * BIN_US;
}

export function binOf(line: Line, at: number): Sample[] {
	return line.samples.filter((s) => binStart(s.at) === binStart(at));
}

/** A stretch with a value: from its first good sample to its last. */
export interface Step {
	from: number;
	to: number;
	value: number;
	joined: boolean; // with the one before it: nothing is missing between
}

export function medians(line: Line): Step[] {
	const bins = new Map<number, Sample[]>();
	const steps: Step[] = [];

	for (const s of line.samples.filter((one) => one.good)) {
		const bin = bins.get(binStart(s.at));

		if (bin)
			bin.push(s);
		else
			bins.set(binStart(s.at), [s]);
	}
	for (const bin of bins.values()) {
		const from = bin[0]?.at ?? 0;
		const before = steps[steps.length - 1];

		steps.push({ from, to: bin[bin.length - 1]?.at ?? from,
			value: summarise(bin).p50,
			joined: !!before && from - before.to <= line.gap });
	}
	return steps;
}

/** Where nobody measured: pairs of moments. */
export function gaps(series: Series): [from: number, to: number][] {
	const least = Math.min(...series.lines.map((l) => l.gap), Infinity);
	const ends = [...series.all.map((s) => s.at), series.to];
	const found: [number, number][] = [];
	let last = series.from;

	for (const at of ends) {
		if (at - last > least)
			found.push([last, at]);
		last = at;
	}
	return found;
}

// --- scale -------------------------------------------------------------------

const ROUND = [10, 12, 16, 20, 30, 40, 50, 60, 80, 100];

function roundUp(us: number): number {
	let unit = 1;

	while (unit * 100 <= us)
		unit *= 10;
	return unit * (ROUND.find((r) => us <= r * unit) ?? 100);
}

/** From the least to the greatest value that is drawn to scale. */
export function range(samples: Sample[], log: boolean): [number, number] {
	const { max, p95 } = summarise(samples);
	const most = Math.max(max, 1);

	if (log) {
		const least = Math.max(100, samples.reduce((least, s) =>
			s.good && s.took < least ? s.took : least, most));
		const low = 10 ** Math.floor(Math.log10(least) + 1e-9);

		return [low, Math.max(low * 10,
			10 ** Math.ceil(Math.log10(most) - 1e-9))];
	}
	// Unless a few far out would press all others flat: those are drawn at
	// the edge.
	return [0, roundUp(Math.max(1000,
		p95 > 0 && most / 3 > p95 ? p95 * 1.5 : most))];
}
