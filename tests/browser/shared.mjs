// What all walks share: a browser, people who come in, forms that are filled in, and a look at every page.
import { chromium } from "playwright-core";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";

export const [setUp, pictures] = process.argv.slice(2);
export const base = new URL(setUp).origin;
export const password = "correct horse battery staple";
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
mkdirSync(pictures, { recursive: true });

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});
const wrong = [];
export const note = (what) => { wrong.push(what); console.error(`wrong: ${what}`); };

export async function person(options = {}) {
  const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, ...options });
  const page = await context.newPage();
  page.on("pageerror", (error) => note(`${page.url()}: ${error}`));
  page.on("console", (line) => { if (line.type() === "error" && !line.text().includes("Failed to load resource")) note(`${page.url()}: ${line.text()}`); });
  return page;
}
export async function picture(page, name) { await page.screenshot({ path: `${pictures}/${name}.png`, fullPage: true }); }

// The first operator, by the link that the server printed.
export async function operatorComesIn() {
  const operator = await person();
  await operator.goto(setUp);
  await operator.fill("#login", "ada");
  await operator.fill("#name", "Ada, who keeps the server");
  await operator.fill("#password", password);
  await operator.click("main button");
  await operator.waitForURL(`${base}/people`);
  return operator;
}

// Who is invited comes in by a link.
export async function invited(operator, login, role, party, { name = login, page } = {}) {
  await operator.goto(`${base}/people`);
  await operator.fill("#login", login);
  await operator.selectOption("#role", role);
  if (party) await operator.selectOption("#party", party);
  await operator.click("form[action='/people/invitations'] button");
  const link = (await operator.content()).match(/https?:\/\/[\w.:-]*\/invitation\/[\w-]+/);
  if (!link) throw new Error(`no invitation for ${login}`);
  page ??= await person();
  await page.goto(link[0]);
  await page.fill("#name", name);
  await page.fill("#password", password);
  await page.click("main button");
  await page.waitForURL((url) => !url.pathname.startsWith("/invitation"));
  return page;
}

// A form is filled in by the names of its fields; what is refused says so in an alert.
export async function act(page, verb, fields) {
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
export async function must(page, verb, fields) {
  const refused = await act(page, verb, fields);
  if (refused) throw new Error(`${verb} was refused: ${refused}`);
}

const nameOf = (path) => path.replace(/\W+/g, "-");

const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

// Whatever keeps somebody out of the page that is shown. In the dark only contrasts are other ones.
export async function looked(page, what, isDark) {
  await page.addScriptTag({ content: axe });
  const found = await page.evaluate((runOnly) => axe.run({ runOnly }), isDark ? { type: "rule", values: ["color-contrast"] } : rules);
  for (const violation of found.violations)
    note(`${what}: ${violation.id}: ${violation.help}: ${violation.nodes[0].html.slice(0, 160)}`);
}

// Every page, light and dark, on a phone and without script: nothing that keeps anybody out, nothing that is wider
// than a phone.
export async function everyPage(who, pages) {
  const cookies = await who.context().cookies();
  for (const colorScheme of ["light", "dark"]) {
    const page = await person({ colorScheme, bypassCSP: true });
    await page.context().addCookies(cookies);
    for (const path of pages) {
      const answer = await page.goto(base + path);
      if (!answer.ok()) { note(`${path}: ${answer.status()}`); continue; }
      await looked(page, `${path}, ${colorScheme}`, colorScheme === "dark");
      await picture(page, `${colorScheme}-${nameOf(path)}`);
    }
    await page.context().close();
  }
  const phone = { viewport: { width: 375, height: 700 } };
  const bare = await person({ ...phone, javaScriptEnabled: false });
  const narrow = await person(phone);
  for (const page of [bare, narrow]) await page.context().addCookies(cookies);
  for (const path of pages) {
    const answer = await bare.goto(base + path);
    if (!answer.ok()) note(`${path} without script: ${answer.status()}`);
    await picture(bare, `phone-${nameOf(path)}`);
    await narrow.goto(base + path);
    const wide = await narrow.evaluate(() => document.documentElement.scrollWidth);
    if (wide > 380) note(`${path} is ${wide} wide on a phone`);
  }
  await bare.context().close();
  return narrow;
}

export async function done() {
  await browser.close();
  console.log(JSON.stringify({ wrong }));
  process.exit(wrong.length ? 1 : 0);
}
