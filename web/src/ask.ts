// One question to the server, which has an end.

const PATIENCE_MS = 15000;

/** Null when there was no good answer: the next question may have one. */
export async function ask(address: string): Promise<string | null> {
	const ends = new AbortController();
	// Not AbortSignal.timeout(): its clock runs on when all is over.
	const timer = setTimeout(() => ends.abort(), PATIENCE_MS);

	try {
		const answer = await fetch(address, { signal: ends.signal });
		const text = await answer.text();

		return answer.ok ? text : null;
	} catch {
		return null;
	} finally {
		clearTimeout(timer);
	}
}
