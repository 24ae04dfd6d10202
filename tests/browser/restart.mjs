// The server stops in the middle of a round, something happens meanwhile, and it starts again: whoever had a page open sees
// it, whether anything had been told on that page before or not.
import { createInterface } from "node:readline";
import { base, done, invited, must, note, operatorComesIn } from "./shared.mjs";

const operator = await operatorComesIn();
const lab = await invited(operator, "lena", "lab", "lab");
const auditor = await invited(operator, "audra", "auditor");
await must(lab, "request", { case: "halls", quantity: "8_000 H100", purpose: "training", "need-by": "2029-03-31", months: "60", price: "USD 2.40" });
const resumed = [];
auditor.on("request", async (request) => {
  if (request.url().endsWith("/live")) resumed.push((await request.allHeaders())["last-event-id"]);
});
await auditor.goto(`${base}/sourcing/halls`);
await must(lab, "notify", { case: "halls", channel: "email" });
await auditor.waitForSelector("text=notice-sent", { timeout: 10000 });
// This page is told nothing before the server stops.
await lab.goto(`${base}/sourcing/halls`);

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
console.log("stop");
await lines.next();
for (const [who, page] of [["the auditor", auditor], ["the lab", lab]]) {
  try {
    await page.waitForSelector("text=waived", { timeout: 20000 });
  } catch {
    note(`${who} does not see what happened while the server was down`);
  }
}
if (!resumed.some((id) => Number(id) > 0)) note(`no stream went on from where it was: ${JSON.stringify(resumed)}`);
await lab.goto(`${base}/sourcing/halls`);
if (!(await lab.textContent("main")).includes("waived")) note("a session does not outlive the server");
await done();
