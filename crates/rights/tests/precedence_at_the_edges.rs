//! The order of precedence where the example partnership does not reach: affiliates, consents of the
//! wrong party, exclusivities that leave the grantor alone, several clauses at once.

use std::sync::Arc;

use rights::{Rule, decide};
use terms::{Act, Document, Known, Source};

/// A laboratory and its subsidiary; a cloud company with a subsidiary that runs a cloud; a rival.
const PARTIES: &str = r#"
party "lab"      {}
party "cloud"    {}
party "rival"    {}
party "lab-uk"   { affiliate_of = lab }
party "cloud-de" { affiliate_of = cloud }
party "group"    {}
cloud "nimbus"   { operator = cloud }
cloud "wolke"    { operator = cloud-de }
cloud "polar"    { operator = rival }
asset "models"   { owner = lab }
asset "tools"    { owner = lab-uk }
asset "stack"    { owner = group }
model "gpt" {
  owner = lab
  asset = models
}
service "api"    { owner = lab }
product "office" { owner = cloud }
product "buero"  { owner = cloud-de }
product "search" { owner = rival }
agreement "lab-cloud" {
  parties = [lab, cloud]
  signed  = "2025-01-01"
}
"#;

const EXCLUSIVITY: &str = r#"
exclusivity "e" {
  grantor = lab
  holder  = cloud
  scope { act = [contract, build] }
}
"#;

const FIRST_REFUSAL: &str = r#"
right_of_first_refusal "r" {
  grantor = lab
  holder  = cloud
  scope { kind = new }
}
"#;

/// What the clauses are; the clauses; acts, each with its verdict and the clauses that decided.
type Case =
    (&'static str, &'static [&'static str], &'static [(&'static str, &'static str, &'static str)]);

const CASES: &[Case] = &[
    (
        "an exclusivity binds the grantor's affiliates and admits the holder's",
        &[EXCLUSIVITY],
        &[
            ("contract by=lab-uk provider=polar", "forbidden", "exclusivity.e"),
            ("contract by=lab provider=nimbus", "permitted", ""),
            ("contract by=lab provider=wolke", "permitted", ""),
            ("contract by=lab-uk provider=cloud-de", "permitted", ""),
            ("contract by=lab provider=lab-uk", "forbidden", "exclusivity.e"),
            ("contract by=group provider=polar", "permitted", ""),
            ("build by=lab", "forbidden", "exclusivity.e"),
            ("serve by=lab service=api host=polar", "permitted", ""),
        ],
    ),
    (
        "an affiliate's exclusivity does not bind its parent nor admit it",
        &["exclusivity \"e\" {\n  grantor = lab-uk\n  holder = cloud-de\n}\n"],
        &[
            ("contract by=lab provider=polar", "permitted", ""),
            ("contract by=lab-uk provider=polar", "forbidden", "exclusivity.e"),
            ("contract by=lab-uk provider=wolke", "permitted", ""),
            ("contract by=lab-uk provider=nimbus", "forbidden", "exclusivity.e"),
        ],
    ),
    (
        "an exclusivity may leave the grantor free to supply itself",
        &[
            "exclusivity \"e\" {\n  grantor = lab\n  holder = cloud\n  binds_grantor_too = false\n}\n",
        ],
        &[
            ("build by=lab", "permitted", ""),
            ("contract by=lab provider=polar", "forbidden", "exclusivity.e"),
        ],
    ),
    (
        "an exclusivity's own exception",
        &[
            "exclusivity \"e\" {\n  grantor = lab\n  holder = cloud\n  scope {\n    act = [contract, build]\n    except { purpose = research }\n  }\n}\n",
        ],
        &[
            ("contract by=lab provider=polar purpose=research", "permitted", ""),
            ("contract by=lab provider=polar purpose=training", "forbidden", "exclusivity.e"),
            ("contract by=lab provider=polar", "forbidden", "exclusivity.e"),
        ],
    ),
    (
        "an exclusivity ranks above a first refusal",
        &[EXCLUSIVITY, FIRST_REFUSAL],
        &[
            ("contract by=lab provider=polar kind=new", "forbidden", "exclusivity.e"),
            ("contract by=lab provider=nimbus kind=new", "permitted", ""),
        ],
    ),
    (
        "a consent narrower than the prohibition covers what it names",
        &[
            EXCLUSIVITY,
            "consent \"c\" {\n  grantor = cloud\n  holder = lab\n  scope {\n    provider = polar\n    purpose  = [training, research]\n  }\n}\n",
        ],
        &[
            ("contract by=lab provider=polar purpose=training", "permitted", "consent.c"),
            ("contract by=lab-uk provider=polar purpose=training", "permitted", "consent.c"),
            ("contract by=lab provider=polar purpose=inference", "forbidden", "exclusivity.e"),
            ("contract by=lab provider=polar", "forbidden", "exclusivity.e"),
            ("contract by=lab purpose=training", "forbidden", "exclusivity.e"),
            ("build by=lab purpose=training", "forbidden", "exclusivity.e"),
        ],
    ),
    (
        "a consent to the exclusivity leaves a first refusal of somebody else",
        &[
            EXCLUSIVITY,
            "right_of_first_refusal \"r\" {\n  grantor = lab\n  holder = rival\n}\n",
            "consent \"c\" {\n  grantor = cloud\n  holder = lab\n}\n",
        ],
        &[
            ("build by=lab", "conditional", "right_of_first_refusal.r"),
            ("contract by=lab provider=polar", "permitted", "consent.c"),
        ],
    ),
    (
        "a consent of somebody who does not hold the right covers nothing",
        &[
            EXCLUSIVITY,
            "consent \"c\" {\n  grantor = rival\n  holder = lab\n}\nconsent \"d\" {\n  grantor = cloud-de\n  holder = lab\n}\n",
        ],
        &[("contract by=lab provider=polar", "forbidden", "exclusivity.e")],
    ),
    (
        "a consent to somebody else covers nothing",
        &[EXCLUSIVITY, "consent \"c\" {\n  grantor = cloud\n  holder = lab-uk\n}\n"],
        &[
            ("contract by=lab provider=polar", "forbidden", "exclusivity.e"),
            ("contract by=lab-uk provider=polar", "permitted", "consent.c"),
        ],
    ),
    (
        "a parent consents for its affiliate",
        &[
            "exclusivity \"e\" {\n  grantor = lab\n  holder = cloud-de\n}\nconsent \"c\" {\n  grantor = cloud\n  holder = lab\n}\n",
        ],
        &[("contract by=lab provider=polar", "permitted", "consent.c")],
    ),
    (
        "a right above a number of accelerators",
        &[
            "right_of_first_refusal \"r\" {\n  grantor = lab\n  holder = cloud\n  scope { quantity = \"1_000..\" }\n}\n",
        ],
        &[
            ("contract by=lab provider=polar quantity=999", "permitted", ""),
            (
                "contract by=lab provider=polar quantity=1000",
                "conditional",
                "right_of_first_refusal.r",
            ),
            ("contract by=lab provider=polar", "conditional", "right_of_first_refusal.r"),
            // A service is not a number of accelerators.
            ("serve by=lab service=api host=polar", "permitted", ""),
        ],
    ),
    (
        "a licence and who has it too",
        &[
            "licence \"l\" {\n  grantor = lab\n  holder = cloud\n  field_of_use = any\n}\nlicence \"narrow\" {\n  grantor = lab\n  holder = rival\n  affiliates = false\n  scope { asset = tools }\n}\n",
        ],
        &[
            ("use by=cloud asset=models", "permitted", "licence.l"),
            ("use by=cloud-de asset=models", "permitted", "licence.l"),
            ("use by=cloud model=gpt", "permitted", "licence.l"),
            ("use by=group asset=models", "forbidden", ""),
            // A licence that names no acts is one to use, not to sell on.
            ("resell by=cloud service=api", "forbidden", ""),
            // Nobody can license what is not his: the tools are the subsidiary's.
            ("use by=cloud asset=tools", "forbidden", ""),
            ("use by=rival asset=tools", "forbidden", ""),
        ],
    ),
    (
        "whose a thing is decides whose licence it needs",
        &["licence \"any\" {\n  grantor = rival\n  holder = cloud\n  field_of_use = any\n}\n"],
        &[
            // Left open, it might be anybody's: a licence from one of them is not enough.
            ("use by=cloud product=office", "forbidden", ""),
            // An asset of one's own beside somebody else's model: the model still needs a licence.
            ("use by=lab-uk asset=tools model=gpt", "permitted", ""),
            ("use by=group asset=stack model=gpt", "forbidden", ""),
            ("use by=group asset=stack", "permitted", ""),
        ],
    ),
    (
        "an exclusivity that spared own building is not what set it free",
        &[
            "exclusivity \"e\" {\n  grantor = lab\n  holder = cloud\n  binds_grantor_too = false\n  until = \"2025-02-01\"\n}\n",
        ],
        &[
            ("build by=lab", "permitted", ""),
            ("contract by=lab provider=polar", "permitted", "exclusivity.e"),
        ],
    ),
    (
        "a supplier named in a scope stands for its clouds",
        &[
            "right_of_first_refusal \"r\" {\n  grantor = lab\n  holder = cloud\n  scope { provider = rival }\n}\n",
        ],
        &[
            ("contract by=lab provider=rival", "conditional", "right_of_first_refusal.r"),
            ("contract by=lab provider=polar", "conditional", "right_of_first_refusal.r"),
            ("contract by=lab provider=group", "permitted", ""),
        ],
    ),
    (
        "a right of first offer or negotiation makes an act conditional too",
        &[
            "right_of_first_offer \"o\" {\n  grantor = lab\n  holder = cloud\n  scope { act = contract }\n}\nright_of_first_negotiation \"n\" {\n  grantor = lab\n  holder = rival\n  scope { act = build }\n}\n",
        ],
        &[
            ("contract by=lab provider=polar", "conditional", "right_of_first_offer.o"),
            ("contract by=lab provider=nimbus", "permitted", ""),
            ("build by=lab", "conditional", "right_of_first_negotiation.n"),
        ],
    ),
    (
        "a licence is for the holder's own products and its affiliates'",
        &["licence \"l\" {\n  grantor = lab\n  holder = cloud\n}\n"],
        &[
            ("use by=cloud asset=models product=office", "permitted", "licence.l"),
            ("use by=cloud asset=models product=buero", "permitted", "licence.l"),
            ("use by=cloud-de asset=models product=office", "permitted", "licence.l"),
            ("use by=cloud asset=models product=search", "forbidden", ""),
            ("use by=cloud asset=models", "forbidden", ""),
        ],
    ),
    (
        "one's own, and what is an owner's above, needs no licence",
        &["licence \"l\" {\n  grantor = lab\n  holder = cloud\n  exclusivity = exclusive\n}\n"],
        &[
            ("use by=lab asset=models", "permitted", ""),
            ("use by=lab-uk asset=models", "permitted", ""),
            ("use by=lab-uk asset=tools", "permitted", ""),
            ("use by=lab asset=tools", "forbidden", ""),
            ("use by=rival asset=models", "forbidden", "licence.l"),
        ],
    ),
    (
        "a licence lets its holder license on only whom it says",
        &[
            "licence \"own\" {\n  grantor = lab\n  holder = cloud\n  field_of_use = any\n  scope { asset = models }\n}\nlicence \"on\" {\n  grantor = group\n  holder = cloud\n  field_of_use = any\n  sublicense = affiliates\n  scope { asset = stack }\n}\nlicence \"to-anybody\" {\n  grantor = lab-uk\n  holder = cloud\n  field_of_use = any\n  sublicense = free\n  scope {\n    asset = tools\n    purpose = research\n  }\n}\n",
        ],
        &[
            ("license by=cloud with=cloud-de asset=models", "forbidden", ""),
            ("license by=cloud with=cloud-de model=gpt", "forbidden", ""),
            ("license by=cloud with=cloud-de asset=stack", "permitted", "licence.on"),
            ("license by=cloud with=rival asset=stack", "forbidden", ""),
            ("license by=cloud asset=stack", "forbidden", ""),
            // Nobody passes on more than it has.
            (
                "license by=cloud with=rival asset=tools purpose=research",
                "permitted",
                "licence.to-anybody",
            ),
            ("license by=cloud asset=tools purpose=research", "permitted", "licence.to-anybody"),
            ("license by=cloud with=rival asset=tools purpose=training", "forbidden", ""),
            ("license by=cloud with=rival asset=tools", "forbidden", ""),
            // One's own needs no licence, and somebody else has none to give.
            ("license by=lab with=rival asset=models", "permitted", ""),
            ("license by=rival with=cloud asset=models", "forbidden", ""),
        ],
    ),
    (
        "whether somebody is a contractor or customer is not known here",
        &[
            "licence \"l\" {\n  grantor = lab\n  holder = cloud\n  field_of_use = any\n  sublicense = [contractors, end_users]\n}\n",
        ],
        &[("license by=cloud with=rival asset=models", "conditional", "licence.l")],
    ),
    (
        "affiliates sell on and use only under a licence that covers them",
        &[
            "licence \"alone\" {\n  grantor = lab\n  holder = cloud\n  affiliates = false\n  field_of_use = any\n  scope { act = [use, resell] }\n}\n",
        ],
        &[
            ("resell by=cloud service=api", "permitted", "licence.alone"),
            ("resell by=cloud-de service=api", "forbidden", ""),
            ("use by=cloud-de asset=models", "forbidden", ""),
        ],
    ),
    (
        "affiliates sell on under a licence that covers them",
        &["licence \"all\" {\n  grantor = lab\n  holder = cloud\n  scope { act = resell }\n}\n"],
        &[
            ("resell by=cloud-de service=api", "permitted", "licence.all"),
            ("resell by=group service=api", "forbidden", ""),
        ],
    ),
    (
        "an exclusive licence keeps its grantor from licensing others, and out if it says so",
        &[
            "licence \"exclusive\" {\n  grantor = lab\n  holder = cloud\n  exclusivity = exclusive\n  scope { asset = models }\n}\nlicence \"even-as-to\" {\n  grantor = lab-uk\n  holder = cloud\n  exclusivity = exclusive\n  binds_grantor_too = true\n  scope { asset = tools }\n}\nconsent \"reserved\" {\n  grantor = cloud\n  holder = lab-uk\n  scope {\n    act = use\n    asset = tools\n    purpose = research\n  }\n}\n",
        ],
        &[
            ("license by=lab with=rival asset=models", "forbidden", "licence.exclusive"),
            ("license by=lab with=cloud-de asset=models", "permitted", ""),
            // Left open, it may be what either licence is of.
            ("license by=lab with=rival", "forbidden", "licence.exclusive, licence.even-as-to"),
            ("use by=lab asset=models", "permitted", ""),
            ("use by=lab-uk asset=tools", "forbidden", "licence.even-as-to"),
            ("use by=lab-uk asset=tools purpose=research", "permitted", "consent.reserved"),
        ],
    ),
    (
        "a licence may need approval of each use",
        &[
            "licence \"l\" {\n  grantor = lab\n  holder = cloud\n  field_of_use = any\n  approval = not_unreasonable\n}\nlicence \"research\" {\n  grantor = lab\n  holder = cloud\n  field_of_use = any\n  scope { purpose = research }\n}\n",
        ],
        &[
            ("use by=cloud asset=models purpose=training", "conditional", "licence.l"),
            ("use by=cloud asset=models purpose=research", "permitted", "licence.research"),
            ("use by=cloud asset=models", "conditional", "licence.l"),
        ],
    ),
    (
        "a consent that must be asked for, or rests on facts, makes conditional",
        &[
            "exclusivity \"e\" {\n  grantor = lab\n  holder = cloud\n  scope { act = [contract, compete] }\n}\nconsent \"on-request\" {\n  grantor = cloud\n  holder = lab\n  standard = not_unreasonable\n  scope { act = contract }\n}\nconsent \"passive\" {\n  grantor = cloud\n  holder = lab\n  kind = passive\n  scope { act = compete }\n  limit {\n    metric = securities\n    threshold = \"<= 5%\"\n  }\n}\nconsent \"research\" {\n  grantor = cloud\n  holder = lab\n  scope {\n    act = contract\n    purpose = research\n  }\n}\n",
        ],
        &[
            (
                "contract by=lab provider=polar purpose=training",
                "conditional",
                "consent.on-request",
            ),
            ("contract by=lab provider=polar purpose=research", "permitted", "consent.research"),
            ("contract by=lab provider=nimbus", "permitted", ""),
            ("compete by=lab field=clouds", "conditional", "consent.passive"),
        ],
    ),
    (
        "a consent waits for what it is given on",
        &[
            "condition \"audited\" { occurred = \"2025-03-01\" }\ncondition \"sold\" {}\nexclusivity \"e\" {\n  grantor = lab\n  holder = cloud\n}\nconsent \"once-audited\" {\n  grantor = cloud\n  holder = lab\n  provided = condition.audited\n  scope { act = build }\n}\nconsent \"once-sold\" {\n  grantor = cloud\n  holder = lab\n  provided = [condition.audited, condition.sold]\n  scope { act = contract }\n}\n",
        ],
        &[
            ("build by=lab", "permitted", "consent.once-audited"),
            ("contract by=lab provider=polar", "conditional", "consent.once-sold"),
        ],
    ),
    (
        "a consent on request leaves a first refusal to its own process",
        &[
            FIRST_REFUSAL,
            "consent \"c\" {\n  grantor = cloud\n  holder = lab\n  standard = sole\n}\n",
        ],
        &[("build by=lab", "conditional", "right_of_first_refusal.r")],
    ),
    (
        "an exclusivity may leave the grantor free to make what it needs",
        &[
            "exclusivity \"e\" {\n  grantor = lab\n  holder = cloud\n  binds_grantor_too = false\n  scope { act = [buy, make] }\n}\n",
        ],
        &[
            ("make by=lab item=racks", "permitted", ""),
            ("make by=lab item=racks with=rival", "forbidden", "exclusivity.e"),
            ("buy by=lab item=racks with=rival", "forbidden", "exclusivity.e"),
            ("buy by=lab item=racks with=cloud-de", "permitted", ""),
        ],
    ),
];

#[test]
fn precedence_at_the_edges() {
    for (name, clauses, acts) in CASES {
        for (act, verdict, because) in *acts {
            let decision = ask(&clauses.concat(), act);
            let cited: Vec<_> =
                decision.because.iter().map(|reason| reason.clause.as_str()).collect();
            let found = (decision.verdict.word(), cited.join(", "));
            assert_eq!(found, (*verdict, because.to_string()), "{name}: {act}");
        }
    }
}

/// A licence that was replaced has not ended: its successor is what the act must meet.
#[test]
fn a_replaced_licence_is_not_cited_as_ended() {
    let licence = |extra: &str| {
        format!(
            "licence \"l\" {{\n  grantor = lab\n  holder = cloud\n  scope {{ asset = models }}\n{extra}}}\n"
        )
    };
    let first = format!("```hcl\n{PARTIES}{}```\n", licence(""));
    let second = format!(
        "```hcl\namendment \"two\" {{\n  amends = lab-cloud\n  signed = \"2025-02-01\"\n}}\n{}```\n",
        licence("  replaces = licence.l\n")
    );
    let source = |(name, text): (&str, &str)| Source {
        document: Arc::new(Document::new(name, text)),
        known: None,
    };
    let (terms, _) =
        terms::compile(&[("a.md", first.as_str()), ("b.md", second.as_str())].map(source));
    let pairs = ["by=cloud".to_string(), "product=office".to_string()];
    let act = Act::parse("use", &pairs, &terms.registry).expect("an act");
    let on = "2025-03-01".parse().expect("a date");
    let decision = decide(&terms.in_force(on, Known::Everything), &act);
    assert_eq!(decision.rule, Rule::NoLicence);
    assert!(decision.because.is_empty(), "{:?}", decision.because);
    let needs = decision.considered.iter().find(|clause| clause.document == "b.md");
    assert!(needs.is_some_and(|clause| clause.why_not.contains("state `asset`")), "{needs:?}");
}

#[test]
fn the_rule_that_decided_is_named() {
    let consent = "consent \"c\" {\n  grantor = cloud\n  holder = lab\n}\n";
    let licence = "licence \"l\" {\n  grantor = lab\n  holder = cloud\n  field_of_use = any\n}\n";
    let asked = "consent \"c\" {\n  grantor = cloud\n  holder = lab\n  standard = sole\n}\n";
    for (clauses, act, rule) in [
        (vec![], "use by=rival asset=models", Rule::NoLicence),
        (vec![licence], "use by=cloud asset=models", Rule::Licensed),
        (vec![EXCLUSIVITY], "build by=lab", Rule::Exclusivity),
        (vec![FIRST_REFUSAL], "build by=lab", Rule::FirstRight),
        (vec![EXCLUSIVITY, FIRST_REFUSAL, consent], "build by=lab", Rule::Consent),
        (vec![], "build by=lab", Rule::Free),
        (vec![EXCLUSIVITY, asked], "build by=lab", Rule::Consent),
    ] {
        assert_eq!(ask(&clauses.concat(), act).rule, rule, "{act}");
    }
}

/// Decides an act under clauses that are in force.
fn ask(clauses: &str, act: &str) -> rights::Decision {
    let text = format!("```hcl\n{PARTIES}{clauses}```\n");
    let source = Source { document: Arc::new(Document::new("a.md", text)), known: None };
    let (terms, findings) = terms::compile(&[source]);
    // A warning is no obstacle: these agreements say things nobody would write.
    let wrong = findings.iter().find(|finding| finding.severity == terms::Severity::Error);
    assert!(wrong.is_none(), "{wrong:?}");
    let mut words = act.split(' ');
    let verb = words.next().expect("a verb");
    let pairs: Vec<String> = words.map(str::to_string).collect();
    let act = Act::parse(verb, &pairs, &terms.registry).expect("an act");
    decide(&terms.in_force("2025-06-01".parse().expect("a day"), Known::Everything), &act)
}
