// The chart as it can be asked and zoomed, over a record that stands still.
import assert from 'node:assert/strict';
import { closePage, noViolations, openBrowser, openHost, openPage, runOver,
	text, waitUntil } from './browser.mjs';

const REFRESHES = 200;
const REFRESH_MS = 16_000; // of the page's made-up clock
const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true,
	isMobile: true };

const host = await openHost('90');
const browser = await openBrowser();

// --- helpers -----------------------------------------------------------------

// The page with its chart, and what it was made of. Nothing new comes, unless
// it is wanted.
async function openChart(query, options = {}, live = false) {
	const page = await openPage(browser, options);

	if (!live)
		await page.route(/part=1|events/, (route) => route.fulfill({
			status: 204, body: '' }));
	const asked = page.waitForResponse(/\/api\/v1\/series\?/);
	await page.goto(`${host.origin}/${query}`);
	const series = await (await asked).json();
	await page.locator('#chart .uplot canvas').waitFor();
	return { page, series };
}

const readout = (page) => text(page, '#chart .readout');
const spoken = async (page) => (await page.locator('#chart [aria-live]')
	.textContent());
const focusChart = (page) => page.locator('#chart .box').focus();
const zoomed = (page) => page.locator('#chart .tools button').isVisible();

const inSight = (page) => page.locator('#chart .u-over').evaluate((e) =>
	e.scrollIntoView({ block: 'center' }));

// Until two frames are drawn.
const drawn = (page) => page.evaluate(() => new Promise((done) =>
	requestAnimationFrame(() => requestAnimationFrame(done))));

// As the program writes a latency; none here is in the middle between two.
function latency(us) {
	if (us < 9995)
		return `${(us / 1e3).toFixed(2)} ms`;
	return us < 999500 ? `${(us / 1e3).toFixed(0)} ms` :
		`${(us / 1e6).toFixed(2)} s`;
}

const clock = (us) => new Date(us / 1e3).toISOString().slice(11, 23);

// Moves the mouse up and down where the sample is in time, until it is read.
async function hover(page, series, [, at, took]) {
	await inSight(page);
	const over = await page.locator('#chart .u-over').boundingBox();
	const x = over.x + over.width * (at - series.from_us) /
		(series.now_us - series.from_us);

	for (let y = over.y - 24; y < over.y + over.height; y += 12) {
		await page.mouse.move(x, y);
		if (await page.locator('#chart .readout').isVisible()) {
			const said = await readout(page);
			if (said.includes(clock(at)) && said.includes(latency(took)))
				return said;
		}
	}
	assert.fail(`nothing is read of ${clock(at)}`);
}

async function drag(page, from, to) {
	await inSight(page);
	const over = await page.locator('#chart .u-over').boundingBox();
	const y = over.y + over.height / 3;

	await page.mouse.move(over.x + over.width * from, y);
	await page.mouse.down();
	await page.mouse.move(over.x + over.width * (from + to) / 2, y);
	await page.mouse.move(over.x + over.width * to, y);
	await page.mouse.up();
}

function quantile(sorted, share) {
	return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
}

// --- cases -------------------------------------------------------------------

const cases = {
	async what_is_read_is_what_the_interface_answers() {
		for (const query of ['?ca=hostile', '?ca=hostile&op=newOrder']) {
			const { page, series } = await openChart(query,
				{ timezoneId: 'Asia/Tokyo' });
			const [{ place, samples }] = series.stations;
			const one = samples.filter((s) => s[3] === 'ok').at(-3);
			const said = await hover(page, series, one);
			const bin = Math.floor(one[1] / 300e6);
			const around = samples.filter((s) =>
				Math.floor(s[1] / 300e6) === bin);
			const took = around.filter((s) => s[3] === 'ok')
				.map((s) => s[2]).sort((a, b) => a - b);

			assert(said.includes(place), said);
			assert(said.includes(' here'), said);
			assert(said.includes(`p50 ${latency(quantile(took, 0.5))}, ` +
				`p95 ${latency(quantile(took, 0.95))}, ` +
				`n ${around.length}`), said);
			if (series.op)
				assert(said.includes(`network ${latency(one[4])}, ` +
					`CA ${latency(one[5])}`), said);
			else
				assert(said.includes(`${latency(one[6])} of it our own`),
					said);
			await closePage(page);
		}
	},

	async a_failure_is_a_mark_at_its_time_and_says_what_failed() {
		const { page, series } = await openChart('?ca=hostile');
		const failed = series.stations[0].samples
			.filter((s) => s[3] !== 'ok').at(-1);
		const said = await hover(page, series, failed);

		assert(said.includes(`failed at ${failed[8]}: ${failed[3]}`), said);
		if (failed[7] !== null)
			assert(said.includes(`HTTP ${failed[7]}`), said);
		assert.equal(said.includes('does not count against the CA'),
			!series.against_ca.includes(failed[3]), said);
		await closePage(page);
	},

	async a_click_on_a_mark_opens_its_page() {
		const { page, series } = await openChart('?ca=hostile&op=newOrder');
		const [{ station, samples }] = series.stations;
		const one = samples.filter((s) => s[3] === 'ok').at(-1);

		await hover(page, series, one);
		await page.mouse.down();
		await page.mouse.up();
		await page.waitForURL(`${host.origin}/exchanges/${station}/${one[0]}`);
		await closePage(page);
	},

	async the_table_says_the_same_as_the_chart() {
		const { page, series } = await openChart('?ca=hostile');
		const table = (await page.locator('#chart .values tbody tr')
			.allTextContents()).map((row) => row.replace(/\s+/g, ' '));
		let compared = 0;

		await focusChart(page);
		await page.keyboard.press('End');
		for (const sample of [...series.stations[0].samples].reverse()) {
			const said = await spoken(page);
			const bin = said.match(/(\d\d:\d\d)–\d\d:\d\d: p50 (.*), p95 (.*), n (\d+)/);
			const row = bin && table.find((r) => r.startsWith(bin[1]));

			assert(said.includes(clock(sample[1])), said);
			// The oldest five minutes leave the hour meanwhile.
			if (row && row !== table.at(-1)) {
				assert(row.includes(
					`${bin[2]} p95 ${bin[3]}, n ${bin[4]}`),
					`${row}, but ${said}`);
				compared++;
			}
			await page.keyboard.press('ArrowLeft');
		}
		assert(compared > 20, `${compared} were compared`);
		await closePage(page);
	},

	async dragging_zooms_and_three_ways_lead_back() {
		const { page } = await openChart('?ca=hostile');
		const over = page.locator('#chart .u-over');

		for (const back of [
			() => page.keyboard.press('Escape'),
			() => over.dblclick({ position: { x: 5, y: 200 } }),
			() => page.locator('#chart .tools button').click()]) {
			await drag(page, 0.5, 0.75);
			assert(await zoomed(page));
			const [, min, max] = page.url().match(/#zoom=(\d+)-(\d+)$/);
			assert(Math.abs(max - min - 900) < 30, `${max - min} s`);
			await focusChart(page);
			await back();
			assert(!await zoomed(page));
			assert(!page.url().includes('#'), page.url());
		}
		await closePage(page);
	},

	async what_is_zoomed_to_stays_and_is_in_the_address() {
		const { page } = await openChart('?ca=hostile', {}, true);
		await drag(page, 0.5, 0.75);
		const hint = await text(page, '#chart-hint');
		await page.waitForResponse(/\/api\/v1\/series\?/);
		await drawn(page);
		assert.equal(await text(page, '#chart-hint'), hint);
		await page.reload();
		await page.locator('#chart .uplot canvas').waitFor();
		assert.equal(await text(page, '#chart-hint'), hint);
		page.troubles = page.troubles.filter((t) => !/ERR_ABORTED/.test(t));
		await closePage(page);
	},

	async the_keyboard_goes_from_mark_to_mark_and_opens_one() {
		const { page, series } = await openChart('?ca=hostile');
		const [{ station, place, samples }] = series.stations;

		await page.locator('#view button').focus();
		await page.keyboard.press('Tab');
		assert(await page.evaluate(() =>
			document.activeElement.matches('#chart .box')));
		await page.keyboard.press('End');
		for (const [key, n] of [['ArrowLeft', -2], ['ArrowLeft', -3],
			['ArrowRight', -2], ['Home', 0], ['End', -1]]) {
			await page.keyboard.press(key);
			const one = samples.at(n);
			const said = await spoken(page);
			for (const word of [place, clock(one[1]), latency(one[2])])
				assert(said.includes(word), `${key}: ${said}`);
			assert((await readout(page)).includes(clock(one[1])));
		}
		await page.keyboard.press('+');
		assert(await zoomed(page));
		await page.keyboard.press('Enter');
		await page.waitForURL(
			`${host.origin}/issuances/${station}/${samples.at(-1)[0]}`);
		await closePage(page);
	},

	async a_finger_reads_two_zoom_and_the_page_still_scrolls() {
		const { page, series } = await openChart('?ca=hostile', PHONE);
		const cdp = await page.context().newCDPSession(page);
		const over = page.locator('#chart .u-over');

		await inSight(page);
		const box = await page.locator('#chart .box').boundingBox();
		assert(box.height >= 220, `${box.height} px high`);

		const at = await over.boundingBox();
		const touch = (type, ...places) => cdp.send('Input.dispatchTouchEvent',
			{ type, touchPoints: places.map(([x, y], id) => ({ id,
				x: at.x + at.width * x, y: at.y + at.height * y })) });
		const tapped = series.stations[0].samples
			.filter((s) => s[3] === 'ok').at(-10);
		const x = (tapped[1] - series.from_us) /
			(series.now_us - series.from_us);
		for (let y = 0; y < at.height &&
			!await page.locator('.readout a').isVisible(); y += 20)
			await page.touchscreen.tap(at.x + at.width * x, at.y + y);
		await noViolations(page, 'with a sample read');
		const link = await page.locator('.readout a').getAttribute('href');
		assert(/^\/issuances\/fra\/\d+$/.test(link), link);

		await touch('touchStart', [0.4, 0.5], [0.6, 0.5]);
		await touch('touchMove', [0.3, 0.5], [0.7, 0.5]);
		await touch('touchMove', [0.1, 0.5], [0.9, 0.5]);
		await touch('touchEnd');
		assert(await zoomed(page), 'two fingers zoom');

		const before = await page.evaluate(() => scrollY);
		await touch('touchStart', [0.5, 0.9]);
		for (let y = 0.8; y > 0; y -= 0.1)
			await touch('touchMove', [0.5, y]);
		await touch('touchEnd');
		await waitUntil('it scrolls', () => page.evaluate(() => scrollY)
			.then((y) => y > before + 100));
		await page.locator('#chart .tools button').tap();
		assert(!await zoomed(page));
		await closePage(page);
	},

	async it_turns_dark_while_it_is_open() {
		const { page } = await openChart('?ca=hostile',
			{ colorScheme: 'light' });
		// The brightest of what is drawn, of 765.
		const brightest = () => page.evaluate(() => {
			const canvas = document.querySelector('#chart canvas');
			const { data } = canvas.getContext('2d').getImageData(0, 0,
				canvas.width, canvas.height);
			let sum = 0;
			let n = 0;
			for (let i = 0; i < data.length; i += 4) {
				if (data[i + 3] < 250)
					continue;
				sum += data[i] + data[i + 1] + data[i + 2];
				n++;
			}
			return sum / n;
		});
		const light = await brightest();
		await page.emulateMedia({ colorScheme: 'dark' });
		await waitUntil('it is drawn anew', async () =>
			await brightest() !== light);
		await noViolations(page, 'dark');
		await closePage(page);
	},

	async without_its_samples_the_drawing_of_the_server_stays() {
		const page = await openPage(browser);
		await page.route(/\/api\/v1\/series/, (route) => route.abort());
		await page.goto(`${host.origin}/?ca=hostile`);
		assert(await page.locator('#chart .plot svg').isVisible());
		assert(!await page.locator('#chart .uplot').count());
		page.troubles = [];
		await closePage(page);
	},

	async without_a_canvas_or_with_an_odd_answer_it_stays_too() {
		const page = await openPage(browser);
		const stays = async () => {
			await page.goto(`${host.origin}/?ca=hostile`,
				{ waitUntil: 'networkidle' });
			await drawn(page);
			assert(await page.locator('#chart .plot svg').isVisible());
			assert(!await page.locator('#chart .drawn').count());
		};
		await page.route(/\/events/, (route) => route.fulfill({
			status: 204, body: '' }));
		await page.route(/\/api\/v1\/series/, (route) => route.fulfill({
			body: '{}', contentType: 'application/json' }));
		await stays();
		await page.addInitScript(() => {
			HTMLCanvasElement.prototype.getContext = () => null;
		});
		await stays();
		await closePage(page);
	},

	async nothing_jumps_when_the_chart_comes() {
		const { page } = await openChart('?ca=hostile');
		const jumped = await page.evaluate(() => new Promise((done) => {
			new PerformanceObserver((list) => done(list.getEntries()
				.reduce((sum, e) => sum + e.value, 0)))
				.observe({ type: 'layout-shift', buffered: true });
			setTimeout(() => done(0), 500);
		}));
		assert(jumped < 0.02, `${jumped}`);
		await closePage(page);
	},

	async a_page_that_is_left_open_does_not_grow() {
		const page = await openPage(browser);
		const cdp = await page.context().newCDPSession(page);
		const measure = async () => {
			await cdp.send('HeapProfiler.collectGarbage');
			await cdp.send('HeapProfiler.collectGarbage');
			const { metrics } = await cdp.send('Performance.getMetrics');
			const of = (name) => metrics.find((m) => m.name === name).value;

			return { nodes: of('Nodes'), listeners: of('JSEventListeners'),
				heap: of('JSHeapUsedSize') };
		};
		const answered = () => page.waitForEvent('requestfinished',
			(r) => r.url().includes('/api/v1/series'));
		const refresh = async (times) => {
			for (let i = 0; i < times; i++)
				await Promise.all([answered(),
					page.clock.runFor(REFRESH_MS)]);
			await drawn(page);
		};

		await cdp.send('Performance.enable');
		await page.clock.install({ time: new Date() });
		await Promise.all([answered(),
			page.goto(`${host.origin}/?ca=hostile`)]);
		await page.locator('#chart canvas').waitFor();
		await focusChart(page);
		await page.keyboard.press('End');
		await refresh(20);
		const early = await measure();
		await refresh(REFRESHES);
		const late = await measure();

		console.log(`# ${JSON.stringify(early)} ${JSON.stringify(late)}`);
		assert(late.nodes <= early.nodes + 50, 'nodes');
		assert(late.listeners <= early.listeners, 'listeners');
		assert(late.heap < early.heap + 500_000, 'heap');
		await closePage(page);
	},
};

await runOver(host, browser, cases);
