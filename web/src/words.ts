// How values are written: as the server writes them.

/**
 * As C's printf does: what lies exactly between two goes to the even one, where
 * toFixed() goes up.
 */
function fixed(value: number, digits: number): string {
	const exact = value.toFixed(digits + 20);
	const cut = exact.slice(0, -20).replace(/\.$/, '');

	if (/50{19}$/.test(exact) && /[02468]$/.test(cut))
		return cut;
	return value.toFixed(digits);
}

/** "1.25 ms", "87 ms", "3.10 s", "2 min 5 s" (base/text.c, text_latency). */
export function latency(us: number): string {
	if (us < 9995)
		return `${fixed(us / 1e3, 2)} ms`;
	if (us < 999500)
		return `${fixed(us / 1e3, 0)} ms`;
	if (us < 99995000)
		return `${fixed(us / 1e6, 2)} s`;
	return `${Math.floor(us / 6e7)} min ${Math.floor(us / 1e6) % 60} s`;
}

/** "0", "250 ms", "2.5 s": for an axis, in the unit that is shortest. */
export function tick(us: number): string {
	const [size, unit] = us >= 1e6 ? [1e6, 's'] : us >= 1e3 ? [1e3, 'ms'] :
		[1, 'µs'];

	if (us <= 0)
		return '0';
	return `${Math.floor(us * 10 / size) / 10} ${unit}`;
}

/** "13:42", in UTC; seconds as "13:42:07". */
export function minute(us: number): string {
	return new Date(us / 1e3).toISOString().slice(11, 16);
}

export function second(us: number): string {
	return new Date(us / 1e3).toISOString().slice(11, 19);
}

/** "13:42:07.123 UTC", and how that is called here when it differs. */
export function moment(us: number): string {
	const at = new Date(us / 1e3);
	const utc = `${at.toISOString().slice(11, 23)} UTC`;

	return at.getTimezoneOffset() === 0 ? utc :
		`${utc}, ${at.toLocaleTimeString()} here`;
}
