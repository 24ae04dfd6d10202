//! Generated agreements of any size, as documents and as Cedar policies.

use std::fmt::Write;
use std::sync::Arc;

use terms::{Document, Source};

/// So many labs, and so many clouds.
pub const PARTIES: usize = 100;

/// Pseudo-random numbers, the same in every run (xorshift64*).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed.max(1))
    }

    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % bound
    }
}

/// One clause: what it is, between whom, and about which region or asset.
#[derive(Clone)]
pub struct Clause {
    pub kind: &'static str,
    pub number: usize,
    pub lab: usize,
    pub cloud: usize,
}

impl Clause {
    /// The mix of an agreement: what stands against acts, what excepts, what licenses and what pays.
    pub fn new(number: usize) -> Clause {
        const MIX: [&str; 10] = [
            "exclusivity",
            "consent",
            "right_of_first_refusal",
            "licence",
            "exclusivity",
            "revenue_share",
            "right_of_first_refusal",
            "licence",
            "commitment",
            "price_cap",
        ];
        // No two licences of an agreement of 10,000 clauses are between the same parties.
        let (lab, round) = (number / 10 % PARTIES, number / 10 / PARTIES);
        let cloud = (lab + 2 * round + usize::from(number % 10 == 7)) % PARTIES;
        Clause { kind: MIX[number % 10], number, lab, cloud }
    }

    pub fn decides(&self) -> bool {
        matches!(self.kind, "exclusivity" | "consent" | "right_of_first_refusal" | "licence")
    }

    /// The clause as terms; `version` moves a number a little, as amendments do.
    fn write(&self, text: &mut String, version: usize) {
        let Clause { kind, number, lab, cloud } = self;
        let replaces =
            if version > 0 { format!("  replaces = {kind}.c{number}\n") } else { String::new() };
        let days = 20 + version % 20;
        let body = match *kind {
            "exclusivity" => format!(
                "  grantor = lab{lab}\n  holder = cloud{cloud}\n{replaces}  scope {{\n    subject = capacity\n    kind = new\n    region = r{number}\n    purpose = [training, inference]\n  }}\n"
            ),
            // To what the exclusivity before it holds, for training in one class.
            "consent" => {
                let other = Clause::new(number - 1);
                format!(
                    "  grantor = cloud{}\n  holder = lab{}\n{replaces}  scope {{\n    subject = capacity\n    region = r{}\n    purpose = training\n    class = h{days}\n  }}\n",
                    other.cloud, other.lab, other.number
                )
            }
            "right_of_first_refusal" => format!(
                "  grantor = lab{lab}\n  holder = cloud{cloud}\n{replaces}  response_window = \"{days} days\"\n  scope {{\n    subject = capacity\n    kind = new\n    region = r{number}\n  }}\n"
            ),
            "licence" => format!(
                "  grantor = lab{lab}\n  holder = cloud{cloud}\n{replaces}  scope {{\n    asset = asset{lab}\n    purpose = [training, inference]\n    product = product{cloud}\n  }}\n"
            ),
            "revenue_share" => format!(
                "  payer = lab{lab}\n  payee = cloud{cloud}\n{replaces}  base = gross\n  rate = \"{}%\"\n  scope {{\n    channel = channel{lab}\n    region = r{number}\n  }}\n",
                1 + version % 3
            ),
            "commitment" => format!(
                "  customer = lab{lab}\n  supplier = cloud{cloud}\n{replaces}  amount = \"USD {}_000_000\"\n",
                days
            ),
            _ => format!(
                "  grantor = cloud{cloud}\n  holder = lab{lab}\n{replaces}  increase_per_year = \"{}%\"\n  scope {{ region = r{number} }}\n",
                1 + version % 9
            ),
        };
        let _ = write!(
            text,
            "\n## Clause {number}, version {version}\n\nWhat the parties meant by clause {number}, for people.\n\n```hcl\n{kind} \"c{number}\" {{\n{body}}}\n```\n"
        );
    }

    /// The clause as a Cedar policy, in an agreement of so many clauses; consents stand in the `unless` of what they except.
    pub fn cedar(&self, clauses: usize) -> Option<String> {
        let Clause { kind, number, lab, cloud } = self;
        let unless = |other: &Clause| {
            format!(
                " unless {{ context.region == \"r{}\" && context.purpose == \"training\" && context.class == \"h20\" }}",
                other.number
            )
        };
        Some(match *kind {
            "exclusivity" => {
                let consent = Clause::new(number + 1);
                let consented = consent.kind == "consent" && consent.number < clauses;
                let unless = if consented { unless(self) } else { String::new() };
                format!(
                    "forbid(principal == Party::\"lab{lab}\", action in [Action::\"contract\", Action::\"build\"], resource) when {{ context.operator != \"cloud{cloud}\" && context.kind == \"new\" && context.region == \"r{number}\" && [\"training\", \"inference\"].contains(context.purpose) }}{unless};"
                )
            }
            "right_of_first_refusal" => format!(
                "forbid(principal == Party::\"lab{lab}\", action in [Action::\"contract\", Action::\"build\"], resource) when {{ context.operator != \"cloud{cloud}\" && context.kind == \"new\" && context.region == \"r{number}\" }};"
            ),
            "licence" => format!(
                "permit(principal == Party::\"cloud{cloud}\", action == Action::\"use\", resource == Asset::\"asset{lab}\") when {{ [\"training\", \"inference\"].contains(context.purpose) && context.product == \"product{cloud}\" }};"
            ),
            _ => return None,
        })
    }
}

/// What the clauses speak of.
fn registry() -> String {
    let mut text = "# Registry\n\n```hcl\n".to_string();
    for at in 0..PARTIES {
        let _ = write!(
            text,
            "party \"lab{at}\" {{ title = \"Lab {at}\" }}\nparty \"cloud{at}\" {{ title = \"Cloud {at}\" }}\n\
             cloud \"nimbus{at}\" {{ operator = cloud{at} }}\nasset \"asset{at}\" {{ owner = lab{at} }}\n\
             product \"product{at}\" {{ owner = cloud{at} }}\nservice \"api{at}\" {{ owner = lab{at} }}\n\
             channel \"channel{at}\" {{\n  seller = lab{at}\n  service = api{at}\n}}\n"
        );
    }
    text.push_str("```\n");
    text
}

/// An agreement of `clauses` clauses over `amendments` amendments: each brings its part of them anew
/// and replaces as many of those before.
pub fn documents(clauses: usize, amendments: usize) -> Vec<(String, String)> {
    let mut documents = vec![("registry.md".to_string(), registry())];
    let parties: Vec<_> = (0..PARTIES).map(|at| format!("lab{at}, cloud{at}")).collect();
    let mut random = Random::new(7);
    // Of the clauses there will be, how many are new and how many replace one.
    let part = clauses / (amendments + 1);
    let mut made = 0;
    for at in 0..=amendments {
        let day = jiff::civil::date(2020, 1, 1) + jiff::Span::new().days(7 * at as i64);
        let mut text = if at == 0 {
            format!(
                "# Agreement\n\n```hcl\nagreement \"all\" {{\n  parties = [{}]\n  signed = \"{day}\"\n  until = \"2040-01-01\"\n}}\n```\n",
                parties.join(", ")
            )
        } else {
            format!(
                "# Amendment {at}\n\n```hcl\namendment \"a{at}\" {{\n  amends = all\n  signed = \"{day}\"\n}}\n```\n"
            )
        };
        let here = if at == 0 { clauses - part * amendments } else { part };
        let replaced = if at == 0 { 0 } else { here / 2 };
        let mut seen = std::collections::HashSet::new();
        for _ in 0..replaced {
            let number = random.below(made);
            if seen.insert(number) {
                Clause::new(number).write(&mut text, at);
            }
        }
        for number in made..made + here - seen.len() {
            Clause::new(number).write(&mut text, 0);
        }
        made += here - seen.len();
        documents.push((format!("{at:03}.md"), text));
    }
    documents
}

pub fn sources(documents: &[(String, String)]) -> Vec<Source> {
    let source = |(name, text): &(String, String)| Source {
        document: Arc::new(Document::new(name, text)),
        known: None,
    };
    documents.iter().map(source).collect()
}
