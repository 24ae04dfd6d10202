// The worked example with a month settled twice: from a total down to one call, one settlement beside another, the books
// closed from the page, the agreement as it will be in 2031 and back; then every page with money on it is looked at.
import { base, done, everyPage, invited, looked, note, operatorComesIn, person, picture } from "./shared.mjs";

const month = "2025-02";
const operator = await operatorComesIn();
const lab = await invited(operator, "lena", "lab", "openai");
const holder = await invited(operator, "hugo", "holder", "microsoft");
const auditor = await invited(operator, "audra", "auditor");

// From the total to one event, by clicking alone.
await auditor.goto(`${base}/statements`);
await auditor.click(`a[href="/statements/${month}"]`);
await auditor.click("text=direct gpt-4o");
await auditor.click("details:has-text('calls') > summary");
const day = (await auditor.textContent("details[open] > summary")).trim();
await auditor.click("details[open] a:has-text('The calls of')");
const recorded = (await auditor.textContent("main > p")).match(/(\d+) calls?, USD ([\d,.]+) by the statement/);
if (!recorded || !day.includes(`${recorded[1]} calls`)) note(`the calls are not those of the day “${day}”`);
await picture(auditor, "calls");
// Page after page, the calls of the day come to what the line says of it.
let [calls, tenths] = [0, 0n];
for (let more = true; more;) {
  const amounts = await auditor.$$eval("tbody tr td:last-child", (cells) => cells.map((cell) => cell.textContent.trim()));
  calls += amounts.length;
  for (const amount of amounts) {
    const [whole, part = ""] = amount.split(".");
    tenths += BigInt(whole + part.padEnd(12, "0"));
  }
  more = await auditor.$("a[rel=next]");
  if (more) { await more.click(); await auditor.waitForLoadState(); }
}
const [whole, part = ""] = (recorded?.[2] ?? "0").replaceAll(",", "").split(".");
if (tenths !== BigInt(whole + part.padEnd(12, "0"))) note(`the calls come to ${tenths} and not to ${recorded?.[2]}`);
if (calls !== Number(recorded?.[1])) note(`there are ${calls} calls and not ${recorded?.[1]}`);
await auditor.goBack();
const last = await auditor.$$("tbody tr a");
await last[0].click();
await auditor.waitForSelector("text=As it was priced");
if (!(await auditor.textContent("main")).includes("price_list.")) note("a call does not say by which prices it was priced");
const call = new URL(auditor.url());
await picture(auditor, "call");
// What it was priced by is found.
const cited = await auditor.getAttribute("a[href*='price-list']", "href");
await auditor.goto(base + cited);
if (!(await auditor.$(cited.slice(cited.indexOf("#"))))) note(`${cited} leads nowhere`);

// A party opens what concerns it, and nothing else.
await holder.goto(`${base}/statements/${month}`);
if ((await holder.textContent("main")).includes("direct gpt-4o")) note("the holder sees what the lab charges its customers");
const foreign = await holder.goto(call.href);
if (foreign.ok() && (await holder.textContent("main")).includes("As it was priced")) {
  if ((await holder.textContent("main")).includes("direct gpt-4o")) note("the holder sees a call of a line that is not its own");
}

// Two settlements beside each other: the first that was entered, and a scenario that was settled on the spot.
await auditor.goto(`${base}/statements/${month}/compare`);
if (!(await auditor.textContent("main")).includes("No line differs")) note("a month differs from itself");
const entered = await auditor.$eval("select[name=left]", (list) => [...list.options].find((one) => one.value.startsWith("event:")).value);
await auditor.selectOption("select[name=left]", entered);
await auditor.click("form.inline button");
if (!(await auditor.textContent("main")).includes("lines of") && !(await auditor.textContent("main")).includes("lines differ")) note("what was settled first does not differ");
await auditor.goto(`${base}/statements/${month}/compare`);
await auditor.selectOption("select[name=right]", "scenario:scenarios/equal-shares.md");
await auditor.click("form.inline button");
if (!(await auditor.textContent("main")).includes("revenue_share.to-microsoft")) note("the scenario changes no share");
const compared = new URL(auditor.url());
await picture(auditor, "compared");
await holder.goto(`${base}/statements/${month}/compare`);
if ((await holder.content()).includes("equal-shares")) note("the holder is offered what the lab supposes");
const supposed = await holder.goto(compared.href);
if (supposed.ok()) note("the holder sees a statement under what the lab supposes");

// The dates: what holds today does not in 2031, and does again when one comes back.
const states = async () => Object.fromEntries(await auditor.$$eval("aside", (all) => all.map((one) => [one.getAttribute("aria-label"), one.querySelector(".tag").textContent])));
await auditor.goto(`${base}/agreement?at=2025-06-01`);
const before = await states();
await auditor.fill("#at", "2031-06-01");
await auditor.click("form.inline button");
if (!(await auditor.textContent("h1")).includes("2031-06-01")) note("the date does not move");
const then = await states();
const ended = Object.keys(before).filter((clause) => before[clause] === "in force" && then[clause] === "ended");
if (!ended.some((clause) => clause.includes("right_of_first_refusal"))) note(`by 2031 these have ended, and no first refusal: ${ended}`);
await picture(auditor, "agreement-2031");
await auditor.goBack();
const after = await states();
for (const clause of Object.keys(before)) if (before[clause] !== after[clause]) note(`${clause} was ${before[clause]} and came back ${after[clause]}`);
await auditor.goto(`${base}/agreement/changes?from=2024-06-01&to=2031-06-01`);
const verdicts = await auditor.locator("h2:text-is('Acts whose verdict changes') ~ div .tag").allTextContents();
if (!verdicts.includes("permitted") || !verdicts.includes("forbidden")) note(`acts change from ${verdicts}`);

// Settled and closed from the page, by whom the policies let.
await auditor.goto(`${base}/statements/${month}`);
if (await auditor.$("form[action^='/do/']")) note("an auditor is offered to change the books");
await lab.goto(`${base}/statements/${month}`);
await picture(lab, "before-closing");
await lab.click("form[action='/do/close'] button");
await lab.waitForURL(`${base}/statements/${month}`);
if (!(await lab.textContent("h1")).includes("closed")) note("the books are not closed");
if (await lab.$("form[action='/do/close']")) note("closed books are offered to be closed");

// A second factor: the picture has what the address says.
await auditor.goto(`${base}/account`);
await auditor.click("form[action='/account/second-factor'] button");
await auditor.waitForSelector("svg.qr");
await picture(auditor, "second-factor");
const qr = await auditor.$("svg.qr");
await qr.screenshot({ path: `${process.argv[3]}/qr.png` });

await everyPage(auditor, ["/", "/agreement", "/agreement?at=2031-06-01", "/agreement/changes?from=2024-06-01&to=2031-06-01",
  "/agreement/changes?from=2026-06-01&from_known=2025-01-01&to=2026-06-01", "/ask", "/traffic", "/statements",
  `/statements/${month}`, `/statements/${month}?line=0`, call.pathname.replace(/\/[^/]*$/, "") + call.search, call.pathname + call.search,
  compared.pathname + compared.search, "/ledger", "/position", "/position?at=2025-06-01", "/sourcing/timeline", "/account"]);
const dark = await person({ colorScheme: "dark", bypassCSP: true });
await dark.context().addCookies(await auditor.context().cookies());
await dark.goto(`${base}/account`);
await dark.click("form[action='/account/second-factor'] button");
await dark.waitForSelector("svg.qr");
await looked(dark, "a second factor, dark", true);
await done();
