// Plays the guides of docs/guides word by word, each as a person of its role, and takes their pictures.
//
// A numbered step says what to do in a handful of phrases, and whoever reads it does the same:
//
//   open *Sourcing*, *your account*      a link of the head or the foot; without open, it is only there
//   open `/do/adopt`                     an address; open your link: that of an invitation
//   press **Ask for capacity**           a link or a button; download **csv**: one that brings a file
//   press the first in **Call**          a link in a column of a table
//   unfold **More that can be said**
//   type `halls` into **Case**, `60` into **Months**; also: your name, a password, the six digits
//   choose `lab` as **Role** and `openai` as **Party it acts for**
//   tick **It may only read**, untick …
//   see **Your turn**, **hall-8** and **Until**; under **Your turn**; see no **borealis**
//   ![…](pictures/lab-round.png)         a picture, as the page is now
//
// Whatever else is bold or in italics in a guide, nobody can follow, and is refused.
import { createHmac } from "node:crypto";
import { readFileSync, readdirSync, statSync } from "node:fs";
import { base, done, invited, must, note, password, person, pictures, setUp } from "./shared.mjs";

const folder = process.env.CHARTER_GUIDES;

// Who plays a guide.
const people = {
  ada: { name: "Ada Okafor" },
  otto: { name: "Otto Brandt", role: "lab", party: "openai" },
  lena: { name: "Lena Lindqvist", role: "lab", party: "aurora" },
  hugo: { name: "Hugo Marchetti" },
  hanna: { name: "Hanna Sato", role: "holder", party: "microsoft" },
  bea: { name: "Bea Castellanos", role: "bidder", party: "borealis" },
  carl: { name: "Carl Moreau", role: "bidder", party: "caldera" },
  fumi: { name: "Fumi Tanaka", role: "funder", party: "softbank" },
  pia: { name: "Pia Novak", role: "product" },
  olga: { name: "Olga Ferreira", role: "observer" },
  audra: { name: "Audra Whitfield", role: "auditor" },
};

// The guides' scenes in the order in which they make one story; where somebody does what no guide says, a function.
const story = [
  ["ada", "operator", "First start"],
  () => comeIn("otto"),
  ["otto", "lab", "Have an agreement count"],
  ["ada", "operator", "Let somebody in"],
  async () => { people.hugo.link = (await people.ada.page.innerText("main")).match(/https?:\S+\/invitation\/\S+/)[0]; },
  ["hugo", "README", "Come in"],
  ["hugo", "README", "Let nobody in with your password alone"],
  ["hugo", "README", "Come back"],
  ["hugo", "README", "Let a program in"],
  () => comeIn("lena", "hanna", "bea", "carl", "fumi", "pia", "olga", "audra"),
  aRoundOfLastWeek,
  ["lena", "lab", "Ask for capacity"],
  ["bea", "bidder", "Before you offer"],
  ["bea", "bidder", "Make an offer"],
  ["hugo", "holder", "What you are not shown"],
  ["hugo", "holder", "Answer a notice"],
  ["lena", "lab", "Put it to the holder"],
  ["lena", "lab", "Award"],
  ["bea", "bidder", "Deliver what was awarded"],
  ["bea", "bidder", "What you are not shown"],
  ["otto", "lab", "Keep the books"],
  ["hanna", "holder", "See what you are owed"],
  ["fumi", "funder", "See what is held"],
  ["fumi", "funder", "Follow a round that you take part in"],
  ["fumi", "funder", "What you are not shown"],
  ["pia", "product", "Ask what your product may do"],
  ["pia", "product", "See what it calls and costs"],
  ["pia", "product", "See what changes"],
  ["pia", "product", "What you are not shown"],
  ["olga", "observer", "Before a meeting"],
  ["olga", "observer", "What did we know then?"],
  ["olga", "observer", "What you cannot do"],
  ["audra", "auditor", "From a total to its calls"],
  ["audra", "auditor", "From an act to its proof"],
  ["audra", "auditor", "Who was let in"],
  ["audra", "auditor", "What you cannot do"],
  ["ada", "operator", "Change what somebody may do"],
  ["ada", "operator", "What you cannot do"],
  ["ada", "operator", "See how it does"],
];

// A notice counts as received in business hours alone, whenever this is played: so it was given last Wednesday at noon.
async function aRoundOfLastWeek() {
  const day = new Date(Date.now() - 86_400_000);
  while (day.getUTCDay() !== 3) day.setTime(day.getTime() - 86_400_000);
  const at = (minute) => `${day.toISOString().slice(0, 10)}T12:${minute}:00-08:00`;
  const [lab, first, second] = await Promise.all(["lena", "bea", "carl"].map(pageOf));
  const round = { case: "hall-8" };
  await must(lab, "request", { ...round, quantity: "8_000 H100", lot: "2000", purpose: "training", "need-by": "2029-03-31", months: "60", price: "USD 2.40", at: at("00") });
  await must(lab, "tender", { ...round, at: at("10") });
  await must(first, "bid", { ...round, quantity: "6000", price: "USD 2.35", at: at("20") });
  await must(second, "bid", { ...round, quantity: "6000", price: "USD 2.50", at: at("25") });
  await must(lab, "notify", { ...round, at: at("30") });
}

// What a picture shows of a page: all from the first of these to the last; the window as it is, if it is not here.
const crops = {
  "lab-round": ["section.note", "main table"],
  "lab-statement": ["h1", "main table"],
  "holder-statement": ["h1", "main table"],
  "bidder-round": ["h1", "ol.timeline"],
  "funder-position": ["h1", "main table"],
  "product-ask": ["section h2", "section .note"],
  "product-traffic": ["h2:text('By product')", "main table >> nth=3"],
  "observer-board": ["h1", ".board"],
  "auditor-line": ["h3", "details"],
  "auditor-call": ["h1", "main table"],
  "auditor-journal": ["h1", "tbody tr >> nth=6"],
  "operator-invite": ["#invite", "form[action='/people/invitations']"],
  "operator-change": ["#account-hugo"],
};

// Somebody's page: theirs alone, and as wide as the pictures.
async function pageOf(login) {
  const of = people[login];
  of.page ??= await person({ viewport: { width: 1280, height: 800 }, colorScheme: "light" });
  of.page.setDefaultTimeout(10_000);
  return of.page;
}

// Who comes in as every guide says, and no guide has to say again.
async function comeIn(...logins) {
  for (const login of logins) {
    const { role, party, name } = people[login];
    await invited(people.ada.page, login, role, party, { name, page: await pageOf(login) });
  }
}

// The scenes of a guide: headings, and the numbered steps below each.
function scenes(guide) {
  const found = new Map();
  let steps = null;
  let step = false;
  for (const line of readFileSync(`${folder}/${guide}.md`, "utf8").split("\n")) {
    const heading = line.match(/^#+ (.*)/);
    if (heading) { found.set(heading[1], (steps = [])); step = false; }
    else if (/^\d+\. /.test(line)) { steps.push(line); step = true; }
    else if (step && /^ {2,}\S/.test(line)) steps.push(`${steps.pop()} ${line.trim()}`);
    else if (line.trim()) {
      step = false;
      if (line.includes("**")) note(`${guide}.md: bold, but no step: ${line}`);
    }
  }
  for (const [heading, steps] of found) if (!steps.length) found.delete(heading);
  return found;
}

const phrase = new RegExp([
  /\bopen (?<link>your link|the link)\b/,
  /(?<goes>\bopen )?(?<!\*)\*(?<area>[^*]+)\*(?!\*)/,
  /\bopen `(?<address>\/[^`]*)`/,
  /\b(?<verb>press|download|unfold|tick|untick|see no|see|under) \*\*(?<what>[^*]+)\*\*(?: of `(?<of>[^`]+)`)?/,
  /\bpress the first in \*\*(?<column>[^*]+)\*\*/,
  /(?<=\*\*(?:,| and) )\*\*(?<also>[^*]+)\*\*/,
  /(?:`(?<text>[^`]+)`|(?<own>your name|a password|the six digits)) into \*\*(?<field>[^*]+)\*\*/,
  /`(?<option>[^`]+)` as \*\*(?<select>[^*]+)\*\*/,
  /!\[[^\]]*\]\(pictures\/(?<picture>[\w-]+)\.png\)/,
].map((each) => each.source).join("|"), "gi");

async function play(login, guide, heading) {
  const steps = guides.get(guide)?.get(heading);
  if (!steps) throw new Error(`${guide}.md has no steps under “${heading}”`);
  const page = await pageOf(login);
  for (const step of steps) {
    const rest = step.replace(phrase, "");
    if (/\*|`\//.test(rest)) throw new Error(`${guide}.md, ${heading}: nobody can follow “${rest}”`);
    let verb = "see";
    for (const said of step.matchAll(phrase)) {
      verb = said.groups.verb?.toLowerCase() ?? verb;
      await follow(page, login, { ...said.groups, verb }).catch((error) => {
        throw new Error(`${guide}.md, ${heading}: “${said[0]}” at ${page.url()}: ${error.message}`);
      });
    }
  }
}

async function follow(page, login, { link, goes, area, address, verb, what, also, of, text, own, field, option, select, column, picture }) {
  if (link) await page.goto(people[login].link);
  else if (area) await (goes ? leads(page, around(page, area)) : around(page, area).waitFor());
  else if (address) await page.goto(base + address);
  else if (text || own) await labelled(page, field).fill(text ?? (await ones(own, login, page)));
  else if (option) await labelled(page, select).selectOption(option);
  else if (column) await leads(page, firstIn(page, column));
  else if (picture) await taken(page, picture);
  else await doing[verb](page, what ?? also, of);
}

const doing = {
  press: (page, what) => leads(page, pressable(page, what)),
  download: async (page, what) => {
    const [file] = await Promise.all([page.waitForEvent("download"), pressable(page, what).click()]);
    if (!statSync(await file.path()).size) throw new Error("the file is empty");
  },
  unfold: (page, what, of) => {
    const place = of ? page.locator("section", { hasText: of }) : page;
    return place.locator("summary", { hasText: what }).filter({ visible: true }).first().click();
  },
  tick: (page, what) => labelled(page, what).check(),
  untick: (page, what) => labelled(page, what).uncheck(),
  under: (page, what) => doing.see(page, what),
  // A page that is open may still learn of it.
  see: (page, what) => page.waitForFunction(shows, what),
  "see no": async (page, what) => { if (await page.evaluate(shows, what)) throw new Error(`it shows “${what}”`); },
};

// Whether a page shows some words, in the page.
const shows = (what) => document.body.innerText.replace(/\s+/g, " ").includes(what);

// Whatever is pressed leads to a page, if only to the same one anew.
const leads = (page, pressed) => Promise.all([page.waitForEvent("load"), pressed.click({ timeout: 5_000 })]);

// A link of the head or the foot; that to one's account bears one's name.
function around(page, area) {
  if (area === "your account") return page.locator("header a[href='/account']");
  return page.locator("header, footer").getByRole("link", { name: area, exact: true });
}

function pressable(page, name) {
  const main = page.locator("main");
  const pressed = main.getByRole("link", { name, exact: true }).or(main.getByRole("button", { name, exact: true }));
  return pressed.filter({ visible: true }).first();
}

// The first link in a column of a table.
function firstIn(page, column) {
  const heads = `//th[normalize-space(.)=${JSON.stringify(column)}]`;
  const place = `count(${heads}/preceding-sibling::th)+1`;
  return page.locator(`xpath=//table[.${heads}]/tbody/tr/td[${place}]//a`).first();
}

// A field by the first words of its label; what else a label says explains it.
function labelled(page, name) {
  const label = `//label[normalize-space(text()[normalize-space()][1])=${JSON.stringify(name)}]`;
  const fields = page.locator(`xpath=//*[@id=${label}/@for] | ${label}//*[self::input or self::select or self::textarea]`);
  return fields.filter({ visible: true }).first();
}

async function ones(own, login, page) {
  if (own === "your name") return people[login].name;
  if (own === "a password") return password;
  people[login].secret ??= await page.locator("#second-factor ~ dl code").first().textContent();
  return digits(people[login]);
}

// A code as an authenticator app shows it (RFC 6238). A code counts once, but that of the next half minute already does.
function digits(whose) {
  const bits = [...whose.secret.replace(/[\s=]/g, "").toUpperCase()]
    .map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  whose.step = Math.max(Math.floor(Date.now() / 30_000), (whose.step ?? 0) + 1);
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(whose.step));
  const mac = createHmac("sha1", key).update(counter).digest();
  const number = mac.readUInt32BE(mac[19] & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, "0");
}

async function taken(page, name) {
  await page.evaluate(() => document.activeElement?.blur());
  const path = `${pictures}/${name}.png`;
  const crop = crops[name];
  if (!crop) return page.screenshot({ path });
  const boxes = await Promise.all(crop.map((selector) => page.locator(selector).first().evaluate((node) => {
    const box = node.getBoundingClientRect();
    return { left: box.left + scrollX, top: box.top + scrollY, right: box.right + scrollX, bottom: box.bottom + scrollY };
  })));
  const margin = 16;
  const edge = (side, most) => most(...boxes.map((box) => box[side]));
  const [x, y] = [Math.max(0, edge("left", Math.min) - margin), Math.max(0, edge("top", Math.min) - margin)];
  const clip = { x, y, width: Math.min(1280, edge("right", Math.max) + margin) - x, height: Math.min(800, edge("bottom", Math.max) + margin - y) };
  return page.screenshot({ path, clip, fullPage: true });
}

const names = readdirSync(folder).filter((file) => file.endsWith(".md")).map((file) => file.slice(0, -3));
const guides = new Map(names.map((guide) => [guide, scenes(guide)]));
people.ada.link = setUp;
for (const scene of story) {
  await (typeof scene === "function" ? scene() : play(...scene)).catch((error) => note(error.message));
}
const isPlayed = (guide, heading) => story.some((scene) => scene[1] === guide && scene[2] === heading);
for (const [guide, scenes] of guides) {
  for (const heading of scenes.keys()) if (!isPlayed(guide, heading)) note(`${guide}.md: nobody plays “${heading}”`);
}
await done();
