// A workspace that `charter init` has just made: the home page says how the first agreement gets in, and it does.
import { base, done, everyPage, invited, note, operatorComesIn, picture } from "./shared.mjs";

const operator = await operatorComesIn();
await operator.goto(`${base}/`);
if (!(await operator.textContent("h1")).includes("first agreement")) note("the home page does not say how to begin");
await everyPage(operator, ["/", "/sourcing", "/agreement", "/statements", "/position", "/traffic", "/journal", "/ledger", "/ask", "/sourcing/timeline", "/people"]);
const lab = await invited(operator, "lena", "lab", "lab");
await lab.goto(`${base}/`);
await picture(lab, "guide");
await lab.click("main a.button");
await lab.waitForURL(/\/do\/adopt/);
if (!(await lab.isChecked("#field-all"))) note("adopting does not offer all documents");
await picture(lab, "adopting");
await lab.click("form.tall button");
await lab.waitForLoadState();
const said = await lab.textContent("main");
if (!said.includes("agreement.md")) note(`adopting says: ${said}`);
await lab.click("a.brand");
if (!(await lab.textContent("h1")).includes("What needs you now")) note("the home page does not go on once something is adopted");
await picture(lab, "adopted");
await done();
