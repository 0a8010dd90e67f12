// The page over the real processes of script/demo, as a visitor meets it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { brightness, closePage, noViolations, openBrowser, openPage, runCases,
	sidewaysPixels, text, tooWide, waitUntil } from './browser.mjs';

const STATIONS = ['fra', 'bom', 'sin', 'iad'];
const NOTE = 'All four stations run on this machine; their distances are ' +
	'emulated.';
const FIRST_VIEW_BYTES = 80 * 1024;

// --- the demo ----------------------------------------------------------------

const demo = spawn(process.env.DEMO,
	['--built', process.env.BUILT, '--for', '280s'],
	{ stdio: ['ignore', 'pipe', 'inherit'] });
const said = [];
let url;
createInterface(demo.stdout).on('line', (line) => {
	said.push(line);
	url ??= line.match(/^ {4}(http:\/\/127\.0\.0\.1:\d+\/)$/)?.[1];
});
const demoEnds = new Promise((done) => demo.once('exit', done));
demo.once('exit', () => url || console.log(said.join('\n')));

const json = async (path) => (await fetch(url + path)).json();

// Since the window of each station, what ended well.
async function counts() {
	const { stations } = await json('api/v1/series?ca=pebble');

	return stations.map((s) => s.samples.filter((x) => x[3] === 'ok').length);
}

// --- cases -------------------------------------------------------------------

let browser;

async function paths() {
	const page = await openPage(browser);
	await page.goto(url);
	const cell = await page.locator('#matrix a[href^="/exchanges?"]').first()
		.getAttribute('href');
	await page.goto(new URL(cell, url).href);
	const exchange = await page.locator('a[href^="/exchanges/"]').first()
		.getAttribute('href');
	await closePage(page);
	return ['/', '/method', cell, exchange].map((p) => new URL(p, url).href);
}

const cases = {
	async the_sentence_answers_and_the_note_is_there() {
		const page = await openPage(browser);
		await page.goto(url);
		const sentence = await text(page, '#sentence');
		assert(/pebble/.test(sentence) && /\d/.test(sentence), sentence);
		assert((await text(page, 'body')).includes(NOTE));
		const stations = await text(page, '#stations');
		for (const city of ['Frankfurt', 'Mumbai', 'Singapore', 'N. Virginia'])
			assert(stations.includes(city), stations);
		await closePage(page);
	},

	async the_chart_gets_a_new_point_without_a_reload() {
		const page = await openPage(browser);
		await page.goto(url);
		await page.evaluate(() => { window.still = true; });
		const box = page.locator('#chart .box');
		// What the keyboard finds last.
		const last = async () => {
			await box.focus();
			await page.keyboard.press('End');
			return (await page.locator('#chart [aria-live]').textContent());
		};
		await page.locator('#chart canvas').waitFor();
		const before = await waitUntil('something is drawn', last);
		const drawing = await page.locator('#chart .plot svg').innerHTML();
		await waitUntil('the chart has another', async () =>
			await last() !== before);
		await waitUntil('and so has the drawing of the server', async () =>
			await page.locator('#chart .plot svg').innerHTML() !== drawing);
		assert(await page.evaluate(() => window.still), 'it was reloaded');
		await closePage(page);
	},

	async what_is_drawn_is_zoomed_while_new_points_come() {
		const page = await openPage(browser);
		await page.goto(url);
		await page.locator('#chart canvas').waitFor();
		await page.locator('#chart .box').focus();
		await page.keyboard.press('+');
		const hint = await text(page, '#chart-hint');
		assert(/ to .* UTC/.test(hint), hint);
		for (let i = 0; i < 2; i++)
			await page.waitForResponse(/\/api\/v1\/series\?/);
		assert.equal(await text(page, '#chart-hint'), hint);
		await closePage(page);
	},

	async the_sections_follow_without_a_reload() {
		const page = await openPage(browser);
		await page.goto(url);
		await page.evaluate(() => { window.still = true; });
		const before = await text(page, '#matrix');
		await waitUntil('the matrix is another', async () =>
			await text(page, '#matrix') !== before);
		assert(await page.evaluate(() => window.still), 'it was reloaded');
		await closePage(page);
	},

	async from_the_matrix_to_an_exchange_and_its_waterfall() {
		const page = await openPage(browser);
		await page.goto(url);
		// One that got that far has all its steps behind it.
		await page.locator('#matrix a[href*="op=certificate"]').first()
			.click();
		await page.waitForURL(/\/exchanges\?/);
		await page.locator('a[href^="/exchanges/"]').first().click();
		await page.waitForURL(/\/exchanges\/[a-z]+\/\d+/);
		await page.locator('svg').first().waitFor();
		const whole = await text(page, 'body');
		for (const op of ['newOrder', 'finalize', 'certificate'])
			assert(whole.includes(op), whole);
		await closePage(page);
	},

	async without_javascript_the_numbers_are_the_same() {
		const page = await openPage(browser);
		// Nothing new while the two are compared.
		await page.route(/part=1|\/api\//, (route) => route.abort());
		const answer = await page.goto(url);
		const html = await answer.text();
		const plain = await openPage(browser, { javaScriptEnabled: false });
		await plain.route(url, (route) => route.fulfill({
			body: html, contentType: 'text/html; charset=utf-8' }));
		await plain.goto(url);
		for (const part of ['#sentence', '#matrix', '#stations'])
			assert.equal(numbers(await text(plain, part)),
				numbers(await text(page, part)), part);
		assert(await plain.locator('#chart .plot svg').isVisible());
		for (const part of ['#chart .plot desc', '#chart .values'])
			assert.equal(numbers(await plain.locator(part).textContent()),
				numbers(await page.locator(part).textContent()), part);
		page.troubles = [];
		await closePage(page);
		await closePage(plain);
	},

	async a_phone_needs_no_sideways_scrolling() {
		const page = await openPage(browser,
			{ viewport: { width: 360, height: 740 } });
		for (const path of await paths()) {
			await page.goto(path);
			assert.equal(await sidewaysPixels(page), 0,
				`${path}: ${await tooWide(page)}`);
		}
		await closePage(page);
	},

	async it_is_dark_where_dark_is_wanted() {
		for (const [colorScheme, from, to] of
			[['light', 0.8, 1], ['dark', 0, 0.2]]) {
			const page = await openPage(browser, { colorScheme });
			await page.goto(url);
			const seen = await brightness(page);
			assert(seen >= from && seen <= to, `${colorScheme}: ${seen}`);
			await closePage(page);
		}
	},

	async a_keyboard_reaches_what_a_mouse_does() {
		const page = await openPage(browser);
		await page.goto(url);
		const focused = () => page.evaluate(() => {
			const e = document.activeElement;
			const style = getComputedStyle(e);

			return {
				href: e.getAttribute('href'),
				inMatrix: !!e.closest('#matrix'),
				shown: style.outlineStyle !== 'none' ||
					style.boxShadow !== 'none',
			};
		});
		for (let i = 0; i < 200; i++) {
			await page.keyboard.press('Tab');
			const at = await focused();
			assert(at.shown, `the focus is not to be seen: ${at.href}`);
			if (at.inMatrix && at.href?.startsWith('/exchanges?'))
				break;
		}
		assert((await focused()).inMatrix, 'the matrix is not reached');
		await page.keyboard.press('Enter');
		await page.waitForURL(/\/exchanges\?/);
		await closePage(page);
	},

	async a_screen_reader_finds_nothing_to_complain_of() {
		for (const colorScheme of ['light', 'dark']) {
			const page = await openPage(browser, { colorScheme });
			for (const path of await paths()) {
				await page.goto(path);
				if (await page.locator('#chart').count())
					await page.locator('#chart canvas').waitFor();
				await noViolations(page, `${colorScheme} ${path}`);
			}
			await closePage(page);
		}
	},

	async the_first_view_is_small_and_all_its_own() {
		const page = await openPage(browser);
		const cdp = await page.context().newCDPSession(page);
		let bytes = 0;
		const foreign = [];
		await cdp.send('Network.enable');
		cdp.on('Network.loadingFinished', (e) => {
			bytes += e.encodedDataLength;
		});
		page.on('request', (request) => {
			if (!request.url().startsWith(url))
				foreign.push(request.url());
		});
		await page.goto(url, { waitUntil: 'load' });
		await page.locator('#chart canvas').waitFor();
		assert.deepEqual(foreign, []);
		assert(bytes > 1000 && bytes <= FIRST_VIEW_BYTES, `${bytes} bytes`);
		const [first, drawn] = await page.evaluate(() => [
			performance.getEntriesByType('navigation')[0].responseStart,
			performance.getEntriesByName('first-contentful-paint')[0]
				?.startTime]);
		console.log(`# the first view is ${bytes} bytes, drawn ` +
			`${Math.round(drawn - first)} ms after its first byte`);
		await closePage(page);
	},
};

function numbers(words) {
	return words.match(/\d+(?:[.,:]\d+)*/g)?.join(' ') ?? '';
}

let failed = 1;
try {
	await waitUntil('the demo says its address', () => {
		assert.equal(demo.exitCode, null, 'the demo ended');
		return url;
	}, 60_000);
	await waitUntil('every station has obtained two', async () => {
		const all = await counts();
		return all.length === STATIONS.length && all.every((n) => n > 1);
	}, 60_000);
	browser = await openBrowser();
	failed = await runCases(cases);
} finally {
	await browser?.close();
	demo.kill('SIGINT');
	await demoEnds;
}
process.exit(failed ? 1 : 0);
