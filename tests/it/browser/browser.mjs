// What the subjects share: a browser, a list of cases, and questions to a page.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const modules = process.env.BROWSER_MODULES;
const require = createRequire(`${modules}/index.js`);
const { chromium } = require('playwright-core');
const axeSource = readFileSync(`${modules}/axe-core/axe.min.js`, 'utf8');

const quiet = ['--disable-gpu', '--disable-quic', '--no-first-run',
	'--disable-background-networking', '--disable-component-update',
	'--disable-sync'];

export const PATIENCE_MS = 30_000;

export async function openBrowser() {
	// As root, which a test may be, Chromium has no sandbox of its own.
	const root = process.getuid() === 0 ? ['--no-sandbox'] : [];

	return chromium.launch({
		executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
		args: [...quiet, ...root],
	});
}

// A station over a made-up record of so many issuances, some of which failed.
export async function openHost(issuances) {
	const host = process.env.WEB_HOST;
	const folder = mkdtempSync(join(tmpdir(), 'acmeter-browser-'));
	const filled = spawnSync(host, ['fill', `${folder}/db`, issuances]);

	assert.equal(filled.status, 0, String(filled.stderr));
	const server = spawn(host, ['serve', `${folder}/db`, '64'],
		{ stdio: ['ignore', 'pipe', 'inherit'] });
	const port = await new Promise((done) =>
		createInterface(server.stdout).once('line', done));

	return {
		origin: `http://127.0.0.1:${port}`,
		close() {
			server.kill('SIGTERM');
			rmSync(folder, { recursive: true });
		},
	};
}

// A page of its own, which notes all that it should not have seen.
export async function openPage(browser, options = {}) {
	const context = await browser.newContext(options);
	const page = await context.newPage();

	page.setDefaultTimeout(PATIENCE_MS);
	page.troubles = [];
	page.on('dialog', (d) => {
		page.troubles.push(`dialog: ${d.message()}`);
		void d.dismiss();
	});
	await page.addInitScript(() =>
		document.addEventListener('securitypolicyviolation', (e) =>
			console.error(`policy: ${e.violatedDirective} ${e.blockedURI}`)));
	page.on('pageerror', (e) => page.troubles.push(`error: ${e.message}`));
	page.on('console', (m) => {
		if (m.type() === 'error')
			page.troubles.push(`console: ${m.text()}`);
	});
	return page;
}

export async function closePage(page) {
	await page.context().close();
	assert.deepEqual(page.troubles, []);
}

// Each function is a case; one that fails does not keep the others from running.
export async function runCases(cases) {
	let failed = 0;

	for (const [name, run] of Object.entries(cases)) {
		try {
			await run();
			console.log(`ok - ${name.replaceAll('_', ' ')}`);
		} catch (error) {
			failed++;
			console.log(`not ok - ${name.replaceAll('_', ' ')}`);
			console.log(error);
		}
	}
	console.log(`${Object.keys(cases).length - failed} passed, ` +
		`${failed} failed`);
	return failed;
}

/* All of them over this host, which ends with them, and the process too. */
export async function runOver(host, browser, cases) {
	let failed = 1;

	try {
		failed = await runCases(cases);
	} finally {
		await browser.close();
		host.close();
	}
	process.exit(failed ? 1 : 0);
}

export async function waitUntil(what, ready, ms = PATIENCE_MS) {
	const end = Date.now() + ms;

	for (;;) {
		const value = await ready();
		if (value)
			return value;
		assert(Date.now() < end, `${what}: not within ${ms} ms`);
		await new Promise((done) => setTimeout(done, 100));
	}
}

export async function noViolations(page, where) {
	// Not by a <script>: the page's own policy forbids that, as it should.
	await page.evaluate(axeSource);
	const found = await page.evaluate(async () =>
		(await window.axe.run()).violations.map((v) =>
			`${v.id}: ${v.help}: ${v.nodes.map((n) => n.html).slice(0, 3)}`));
	assert.deepEqual(found, [], where);
}

export function sidewaysPixels(page) {
	return page.evaluate(() => document.documentElement.scrollWidth -
		document.documentElement.clientWidth);
}

// What is too wide, for whoever has to mend it.
export function tooWide(page) {
	return page.evaluate(() => [...document.querySelectorAll('body *')]
		.filter((e) => e.getBoundingClientRect().right > innerWidth + 1)
		.map((e) => `${e.tagName}.${e.getAttribute('class') ?? ''}#${e.id}`)
		.slice(0, 10));
}

// 0 black, 1 white: of what the page lies on.
export function brightness(page) {
	return page.evaluate(() => {
		const colour = [document.body, document.documentElement]
			.map((e) => getComputedStyle(e).backgroundColor)
			.find((c) => !/, 0\)$|transparent/.test(c)) ?? 'rgb(255,255,255)';
		const [r, g, b] = colour.match(/[\d.]+/g).map(Number);

		return (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255;
	});
}

export const text = async (page, selector) =>
	(await page.locator(selector).innerText()).replace(/\s+/g, ' ').trim();
