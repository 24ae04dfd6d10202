// Three people and an operator take a round from its request to its award, each in a browser of their own;
// then every page is looked at, light and dark, with and without script.
import { chromium } from "playwright-core";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [setUp, pictures] = process.argv.slice(2);
const base = new URL(setUp).origin;
const password = "correct horse battery staple";
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
mkdirSync(pictures, { recursive: true });

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});
const wrong = [];
const note = (what) => { wrong.push(what); console.error(`wrong: ${what}`); };

async function person(options = {}) {
  const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, ...options });
  const page = await context.newPage();
  page.on("pageerror", (error) => note(`${page.url()}: ${error}`));
  page.on("console", (line) => { if (line.type() === "error" && !line.text().includes("Failed to load resource")) note(`${page.url()}: ${line.text()}`); });
  return page;
}
async function picture(page, name) { await page.screenshot({ path: `${pictures}/${name}.png`, fullPage: true }); }

// The first operator, by the link that the server printed.
const operator = await person();
await operator.goto(setUp);
await operator.fill("#login", "ada");
await operator.fill("#name", "Ada, who keeps the server");
await operator.fill("#password", password);
await operator.click("main button");
await operator.waitForURL(`${base}/people`);

// Who is invited comes in by a link.
async function invited(login, role, party) {
  await operator.goto(`${base}/people`);
  await operator.fill("#login", login);
  await operator.selectOption("#role", role);
  if (party) await operator.selectOption("#party", party);
  await operator.click("form[action='/people/invitations'] button");
  const link = (await operator.content()).match(/https?:\/\/[\w.:-]*\/invitation\/[\w-]+/);
  if (!link) throw new Error(`no invitation for ${login}`);
  const page = await person();
  await page.goto(link[0]);
  await page.fill("#name", login);
  await page.fill("#password", password);
  await page.click("main button");
  await page.waitForURL((url) => !url.pathname.startsWith("/invitation"));
  return page;
}
const lab = await invited("lena", "lab", "lab");
const holder = await invited("hugo", "holder", "meridian");
const bidder = await invited("bea", "bidder", "borealis");
const auditor = await invited("audra", "auditor");

// A form is filled in by the names of its fields; what is refused says so in an alert.
async function act(page, verb, fields) {
  await page.goto(`${base}/do/${verb}`);
  for (const details of await page.$$("details#more:not([open]) > summary")) await details.click();
  for (const [name, value] of Object.entries(fields)) {
    const field = page.locator(`#field-${name}`);
    if ((await field.evaluate((node) => node.tagName)) === "SELECT") await field.selectOption(value);
    else await field.fill(value);
  }
  await page.click("form.tall button");
  await page.waitForLoadState();
  const alert = await page.$("[role=alert]");
  return alert ? (await alert.textContent()).trim() : null;
}
async function must(page, verb, fields) {
  const refused = await act(page, verb, fields);
  if (refused) throw new Error(`${verb} was refused: ${refused}`);
}

await must(lab, "request", { case: "halls", quantity: "8_000 H100", purpose: "training", "need-by": "2029-03-31", months: "60", price: "USD 2.40" });
// Nobody is asked before the tender, so nobody else knows of the need.
const early = await act(bidder, "bid", { case: "halls", quantity: "8000", price: "USD 2.35" });
if (!early?.includes("no case")) note(`a bid for what nobody asked for: ${early}`);
await must(lab, "tender", { case: "halls" });
await must(bidder, "bid", { case: "halls", quantity: "8000", price: "USD 2.35" });
const refused = await act(lab, "award", { case: "halls", bid: "1" });
if (!refused?.includes("right_of_first_refusal.capacity")) note(`an award before the holder's say was not refused under its clause: ${refused}`);
await picture(lab, "refused");

// Both watch, one acts: the other two pages follow by themselves.
await holder.goto(`${base}/sourcing`);
await auditor.goto(`${base}/sourcing/halls`);
await must(lab, "notify", { case: "halls", channel: "email" });
await holder.waitForSelector("a[href='/sourcing/halls']", { timeout: 10000 });
await auditor.waitForSelector("text=notice-sent", { timeout: 10000 });
await holder.goto(`${base}/sourcing/halls`);
const seen = await holder.textContent("main");
if (seen.includes("borealis")) note("the holder sees who offers");
if (!seen.includes("Your turn")) note("the holder is not told that it is its turn");
await picture(holder, "holders-turn");
await lab.goto(`${base}/sourcing/halls`);
await must(holder, "waive", { case: "halls", evidence: "letter of today" });
await lab.waitForSelector("text=waived", { timeout: 10000 });
await must(lab, "award", { case: "halls", bid: "1" });
await auditor.waitForSelector("text=third-signed", { timeout: 10000 });
await picture(auditor, "signed");
await auditor.goto(`${base}/sourcing`);
await picture(auditor, "board");

// A refusal is a page, and what may not be seen is not there.
for (const [who, page, path, status] of [
  ["the bidder", bidder, "/ledger", 403],
  ["the holder", holder, "/people", 403],
  ["the auditor", auditor, "/sourcing/nothing", 404],
  ["the auditor", auditor, "/journal/999999", 422],
  ["the auditor", auditor, "/statements/%3Cscript%3E", 404],
]) {
  const answer = await page.goto(base + path);
  if (answer.status() !== status) note(`${who} gets ${answer.status()} for ${path}, not ${status}`);
}

// The date moves there and back.
await auditor.goto(`${base}/agreement`);
await auditor.fill("#at", "2031-01-01");
await auditor.click("form.inline button");
if (!(await auditor.textContent("h1")).includes("2031-01-01")) note("the date does not move");
await auditor.goBack();
if ((await auditor.textContent("h1")).includes("2031-01-01")) note("the date does not come back");

// Every page, light and dark: nothing that keeps anybody out, nothing that is wider than a phone.
const pages = ["/", "/agreement", "/agreement/changes", "/ask", "/ask?act=contract&by=lab&kind=new", "/sourcing",
  "/sourcing/lots", "/sourcing/halls", "/traffic", "/statements", "/ledger", "/position", "/journal", "/journal/1",
  "/people", "/access", "/account", "/keys", "/api", "/do/request", "/do/close"];
const cookies = await operator.context().cookies();
for (const colorScheme of ["light", "dark"]) {
  const page = await person({ colorScheme, bypassCSP: true });
  await page.context().addCookies(cookies);
  for (const path of pages) {
    const answer = await page.goto(base + path);
    if (!answer.ok()) { note(`${path}: ${answer.status()}`); continue; }
    await page.addScriptTag({ content: axe });
    const found = await page.evaluate(() => axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
    for (const violation of found.violations)
      note(`${path}, ${colorScheme}: ${violation.id}: ${violation.help}: ${violation.nodes[0].html.slice(0, 160)}`);
    await picture(page, `${colorScheme}-${path.replace(/\W+/g, "-")}`);
  }
  await page.context().close();
}
const phone = await person({ viewport: { width: 375, height: 700 }, javaScriptEnabled: false });
await phone.context().addCookies(cookies);
for (const path of pages) {
  const answer = await phone.goto(base + path);
  if (!answer.ok()) note(`${path} without script: ${answer.status()}`);
  await picture(phone, `phone-${path.replace(/\W+/g, "-")}`);
}
const narrow = await person({ viewport: { width: 375, height: 700 } });
await narrow.context().addCookies(cookies);
for (const path of pages) {
  await narrow.goto(base + path);
  const wide = await narrow.evaluate(() => document.documentElement.scrollWidth);
  if (wide > 380) note(`${path} is ${wide} wide on a phone`);
}
// Keys.
await narrow.goto(`${base}/`);
await narrow.keyboard.press("g");
await narrow.keyboard.press("j");
await narrow.waitForURL(`${base}/journal`);

await browser.close();
console.log(JSON.stringify({ pages: pages.length, wrong }));
process.exit(wrong.length ? 1 : 0);
