// Opens review pages in headless Chromium, without network, and says what is wrong with them.
//
//   node check.mjs PACKAGES CHROMIUM SHOTS PAGE...
//
// PACKAGES is the directory that `npm ci` filled; SHOTS a directory for screenshots, or `-`.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [packages, chromium, shots, ...pages] = process.argv.slice(2);
const require = createRequire(path.join(path.resolve(packages), 'package.json'));
const puppeteer = require('puppeteer-core');
const { HtmlValidate } = require('html-validate');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const wrong = [];
const expect = (holds, what) => { if (!holds) wrong.push(what); };

// A page for one look at a file: nothing may be asked for but the file, said on the console, or blocked.
async function open(browser, file, { width = 1600, scheme = 'light', script = true } = {}) {
  const page = await browser.newPage();
  const url = pathToFileURL(path.resolve(file)).href;
  const where = `${path.basename(path.dirname(file))} at ${width} px, ${scheme}${script ? '' : ', no script'}`;
  page.on('console', message => wrong.push(`${where}: console: ${message.text()}`));
  page.on('pageerror', error => wrong.push(`${where}: error: ${error.message}`));
  page.on('dialog', dialog => { wrong.push(`${where}: a dialog`); dialog.dismiss(); });
  page.on('request', request => expect(request.url() === url, `${where}: asks for ${request.url()}`));
  await page.setOfflineMode(true);
  await page.setJavaScriptEnabled(script);
  await page.setViewport({ width, height: 1000 });
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
  await page.goto(url);
  return { page, where };
}

async function looks(browser, file, width, scheme) {
  const { page, where } = await open(browser, file, { width, scheme });
  const scrolls = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
  expect(!scrolls, `${where}: scrolls sideways`);
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run());
  for (const one of violations) {
    wrong.push(`${where}: axe: ${one.id}: ${one.help}: ${one.nodes.slice(0, 3).map(node => node.html.slice(0, 120)).join(' | ')}`);
  }
  if (shots !== '-') {
    const name = `${path.basename(path.dirname(file))}-${width}-${scheme}`;
    await page.screenshot({ path: path.join(shots, `${name}.png`) });
    await page.evaluate(() => document.querySelector('.tool').scrollIntoView());
    await page.screenshot({ path: path.join(shots, `${name}-tool.png`) });
  }
  await page.close();
}

async function leads(browser, file) {
  const { page, where } = await open(browser, file);
  const lost = await page.evaluate(() => [...document.querySelectorAll('a')]
    .filter(link => !document.getElementById(link.getAttribute('href').slice(1))).map(link => link.outerHTML));
  expect(lost.length === 0, `${where}: links that lead nowhere: ${lost}`);
  await page.close();
}

async function searches(browser, file) {
  const { page, where } = await open(browser, file);
  const shown = () => page.evaluate(() => [...document.querySelectorAll('.tool:not(.prompt)')].filter(one => one.offsetHeight > 0).length);
  const settled = () => page.waitForFunction(text => document.getElementById('found').textContent !== text, { timeout: 2000 }, '');
  const [all, name] = [await shown(), await page.evaluate(() => document.querySelector('.tool:not(.prompt)').id.slice('tool-'.length))];
  await page.keyboard.press('/');
  expect(await page.evaluate(() => document.activeElement.id === 'query'), `${where}: \`/\` does not lead to the search`);
  await page.keyboard.type(name);
  await settled();
  expect(await shown() >= 1 && await shown() < all, `${where}: the search for ${name} shows ${await shown()} of ${all} tools`);
  expect(/^\d+ tools?, \d+ prompts? and \d+ rows? of tables match\.$/.test(await page.$eval('#found', one => one.textContent)), `${where}: no count`);
  await page.keyboard.press('Escape');
  expect(await shown() === all, `${where}: Esc does not show everything`);
  await page.close();
}

async function reads(browser, file) {
  const { page, where } = await open(browser, file, { width: 360, script: false });
  const [search, tools] = [await page.$eval('#search', one => one.offsetHeight), await page.$$eval('.tool', all => all.filter(one => one.offsetHeight > 40).length)];
  expect(search === 0, `${where}: a search that cannot search`);
  expect(tools === (await page.$$('.tool')).length, `${where}: tools that are not shown`);
  await page.emulateMediaType('print');
  const closed = await page.$$eval('details > :last-child', all => all.filter(one => one.offsetHeight === 0).length);
  expect(closed === 0, `${where}: ${closed} parts are closed on paper`);
  const pdf = await page.pdf({ format: 'A4' });
  expect(pdf.length > 10000, `${where}: the print is empty`);
  await page.close();
}

const validator = new HtmlValidate({
  extends: ['html-validate:recommended'],
  // Style and script stand in the page on purpose, and the policy holds their digests; the rest is taste.
  rules: { 'require-sri': 'off', 'no-trailing-whitespace': 'off', 'long-title': 'off', 'no-inline-style': 'error' },
});

const browser = await puppeteer.launch({ executablePath: chromium, headless: true, args: ['--no-sandbox'] });
for (const file of pages) {
  const report = await validator.validateString(readFileSync(file, 'utf8'), file);
  for (const message of report.results.flatMap(result => result.messages)) {
    wrong.push(`${file}:${message.line}:${message.column}: ${message.ruleId}: ${message.message}`);
  }
  for (const width of [360, 1600]) {
    for (const scheme of ['light', 'dark']) await looks(browser, file, width, scheme);
  }
  await leads(browser, file);
  await searches(browser, file);
  await reads(browser, file);
}
await browser.close();

for (const one of wrong) console.log(one);
console.log(wrong.length === 0 ? `${pages.length} pages are sound` : `${wrong.length} things are wrong`);
process.exitCode = wrong.length === 0 ? 0 : 1;
