// Three people and an operator take a round from its request to its award, each in a browser of their own;
// then every page is looked at.
import { act, base, done, everyPage, invited, must, note, operatorComesIn, picture } from "./shared.mjs";

const operator = await operatorComesIn();
const lab = await invited(operator, "lena", "lab", "lab");
const holder = await invited(operator, "hugo", "holder", "meridian");
const bidder = await invited(operator, "bea", "bidder", "borealis");
const auditor = await invited(operator, "audra", "auditor");

await must(lab, "request", { case: "halls", quantity: "8_000 H100", purpose: "training", "need-by": "2029-03-31", months: "60", price: "USD 2.40" });
// Nobody is asked before the tender, so nobody else knows of the need.
const early = await act(bidder, "bid", { case: "halls", quantity: "8000", price: "USD 2.35" });
if (!early?.includes("no case")) note(`a bid for what nobody asked for: ${early}`);
await must(lab, "tender", { case: "halls" });
await must(bidder, "bid", { case: "halls", quantity: "8000", price: "USD 2.35" });
const refused = await act(lab, "award", { case: "halls", bid: "1" });
if (!refused?.includes("right_of_first_refusal.capacity")) note(`an award before the holder's say was not refused under its clause: ${refused}`);
const wayOut = await lab.getAttribute("[role=alert] a[href^='/do/']", "href");
if (wayOut !== "/do/notify?case=halls") note(`the refusal leads to ${wayOut}`);
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
  ["the auditor", auditor, "/journal/999999", 404],
  ["the auditor", auditor, "/statements/%3Cscript%3E", 404],
]) {
  const answer = await page.goto(base + path);
  if (answer.status() !== status) note(`${who} gets ${answer.status()} for ${path}, not ${status}`);
}

// A second need, of which the holder has been told, so that a clock runs.
await must(lab, "request", { case: "yard", quantity: "4_000 H100", purpose: "inference", "need-by": "2029-06-30", months: "24", price: "USD 2.10" });
await must(lab, "notify", { case: "yard", channel: "email" });
for (const [who, page] of [["the lab", lab], ["the holder", holder], ["the auditor", auditor]]) {
  await page.goto(`${base}/sourcing/timeline`);
  if (!(await page.textContent("main")).includes("yard")) note(`${who} does not see the clock that runs`);
}
await bidder.goto(`${base}/sourcing/timeline`);
if ((await bidder.textContent("main")).includes("yard")) note("a bidder who was not asked sees the clock of a need");
await picture(holder, "clocks");

// Every page of an agreement that has no money yet.
const pages = ["/", "/agreement", "/agreement/changes", "/ask", "/ask?act=contract&by=lab&kind=new", "/sourcing",
  "/sourcing/timeline", "/sourcing/lots", "/sourcing/halls", "/sourcing/yard", "/traffic", "/statements", "/ledger",
  "/position", "/journal", "/journal/1", "/people", "/access", "/account", "/keys", "/api", "/do"];
const narrow = await everyPage(operator, pages);
// Forms are for who may send them.
await everyPage(lab, ["/do", "/do/request", "/do/close", "/sourcing/halls"]);
// Keys.
await narrow.goto(`${base}/`);
await narrow.keyboard.press("g");
await narrow.keyboard.press("j");
await narrow.waitForURL(`${base}/journal`);
await done();
