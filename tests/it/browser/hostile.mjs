// What a CA says stays text: a station whose record is full of markup.
import assert from 'node:assert/strict';
import { closePage, noViolations, openBrowser, openHost, openPage, runOver,
	sidewaysPixels, tooWide } from './browser.mjs';

const host = await openHost('90');
const { origin } = host;
const browser = await openBrowser();

// Nothing but the page's own may run or be loaded.
async function ownScriptsOnly(page) {
	const foreign = await page.evaluate(() =>
		[...document.querySelectorAll('script')]
			.filter((s) => s.textContent || !s.src.startsWith(
				`${location.origin}/assets/`))
			.map((s) => s.outerHTML));
	assert.deepEqual(foreign, []);
	const handlers = await page.evaluate(() =>
		[...document.querySelectorAll('*')].flatMap((e) =>
			[...e.attributes].filter((a) => /^on/i.test(a.name))
				.map((a) => `${e.tagName} ${a.name}`)));
	assert.deepEqual(handlers, []);
}

async function failures() {
	const answer = await fetch(
		`${origin}/api/v1/exchanges?failed=1&limit=200`);
	return (await answer.json()).exchanges
		.filter((e) => e.detail?.includes('<script>'));
}

const cases = {
	async the_page_and_what_failed_are_text() {
		const [worst] = await failures();
		assert(worst, 'there is a hostile detail');
		const page = await openPage(browser);
		for (const path of ['/', '/?ca=hostile',
			`/exchanges?station=fra&ca=${worst.ca}&failed=1`,
			`/exchanges/fra/${worst.id}`,
			`/issuances/fra/${worst.issuance}`]) {
			const answer = await page.goto(origin + path);
			assert.equal(answer.status(), 200, path);
			await ownScriptsOnly(page);
		}
		await page.goto(`${origin}/exchanges/fra/${worst.id}`);
		const seen = await page.locator('body').innerText();
		assert(seen.includes('<script>alert(1)</script>'), seen);
		assert(seen.includes('Server: <b>x</b>'), seen);
		await closePage(page);
	},

	async long_and_odd_words_do_not_widen_a_phone() {
		const [worst] = await failures();
		const page = await openPage(browser,
			{ viewport: { width: 360, height: 740 } });
		for (const path of ['/', '/?ca=hostile',
			`/exchanges/fra/${worst.id}`]) {
			await page.goto(origin + path);
			assert.equal(await sidewaysPixels(page), 0,
				`${path}: ${await tooWide(page)}`);
			await noViolations(page, path);
		}
		await closePage(page);
	},
};

await runOver(host, browser, cases);
