//! The vendors' own SDKs through the gateway: their calls arrive as they would directly, their answers
//! come back whole, and what the vendor would bill is what is in the books.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use upstream::Upstream;

use crate::carrying::{Carrying, key, route, settle_in, upstream as table};
use crate::workspace::{Workspace, checkout};

/// Where each channel runs, so that each key's calls go to the upstream that speaks its dialect: it is
/// the agreement that tells the three apart. The last three channels have no price list.
const WHERE_IT_RUNS: &str = r#"# Where each channel runs

```hcl
party "east" {}
party "west" {}
cloud "azure-east" { operator = east }
cloud "azure-west" { operator = west }

agreement "where-it-runs" {
  parties   = [openai, microsoft, oracle, east, west]
  signed    = "2026-05-01"
  time_zone = "UTC"
}

channel "azure-next" {
  seller  = microsoft
  service = openai-api
}
channel "direct-trial" {
  seller  = openai
  service = openai-api
}
channel "azure-trial" {
  seller  = microsoft
  service = openai-api
}
channel "azure-next-trial" {
  seller  = microsoft
  service = openai-api
}

price_list "next" {
  channels = [azure-next]
  from     = "2026-05-01"
  price "gpt-4o" {
    input  = "USD 2.50"
    output = "USD 10"
  }
}

exclusivity "direct-runs-on" {
  grantor = openai
  holder  = oracle
  scope {
    act     = serve
    channel = [direct, direct-trial]
  }
}
exclusivity "azure-runs-on" {
  grantor = microsoft
  holder  = east
  scope {
    act     = serve
    channel = [azure-openai-service, azure-trial]
  }
}
exclusivity "azure-next-runs-on" {
  grantor = microsoft
  holder  = west
  scope {
    act     = serve
    channel = [azure-next, azure-next-trial]
  }
}
```
"#;

/// The models of the example that the SDKs are asked for.
const KNOWN: [&str; 3] = ["gpt-4o", "gpt-4o-mini", "gpt-5"];

/// Those that it does not have.
const MORE: [&str; 10] = [
    "o3",
    "gpt-3.5-turbo-instruct",
    "gpt-4o-audio-preview",
    "gpt-4o-mini-tts",
    "gpt-4o-transcribe",
    "gpt-image-1",
    "gpt-realtime",
    "omni-moderation-latest",
    "text-embedding-3-small",
    "tts-1",
];
const BY_TIME: &str = "whisper-1";

/// What the agreement bills and no row could say the use of when it is called: it is refused, or metered
/// when it is done, which may be after these calls. These families go by keys whose channels nobody bills.
const NOT_METERED: &str =
    "speech batches responses_background responses_count vector_stores fine_tuning";

/// A workspace with three upstreams, each in a dialect of its own, and the keys of a kind: with `-trial`
/// those of channels that are not billed.
fn workspace(upstream: &Upstream, kind: &str) -> (Workspace, [String; 3]) {
    let workspace = Workspace::example();
    let model =
        |name: &&str| format!("model \"{name}\" {{\n  owner = openai\n  asset = models\n}}\n");
    let more: String = MORE.iter().chain([&BY_TIME]).map(model).collect();
    workspace.write("more-models.md", &format!("# More models\n\n```hcl\n{more}```\n"));
    workspace.write("where-it-runs.md", WHERE_IT_RUNS);
    workspace.must(&["adopt", "--all", "--known", "signed"]);
    let names = ["direct", "azure", "azure-next"];
    let channels = match kind {
        "" => ["direct", "azure-openai-service", "azure-next"].map(str::to_string),
        kind => names.map(|name| format!("{name}{kind}")),
    };
    let url = upstream.url();
    let mut tables = table("direct", "oci", &url, "openai", "VENDOR_KEY")
        + &table("azure", "azure-east", &url, "azure", "VENDOR_AZURE_KEY")
        + &table("azure-next", "azure-west", &url, "azure-v1", "VENDOR_AZURE_KEY");
    for model in KNOWN.iter().chain(&MORE).chain([&BY_TIME]) {
        tables += &route(model, &names);
    }
    let keys = [0, 1, 2].map(|at| {
        let (key, table) = key(&workspace, names[at], &channels[at]);
        tables += &table;
        key
    });
    settle_in(&workspace, &tables);
    (workspace, keys)
}

/// Runs one SDK's checks at an API. An SDK that cannot be installed here is skipped, and says so.
fn sdk(which: &str, variables: &[(&str, &str)]) -> Option<String> {
    let mut command = Command::new(checkout().join("tests/sdk/run"));
    let ran = command.arg(which).envs(variables.iter().copied()).output().unwrap();
    let told = String::from_utf8_lossy(&ran.stdout).into_owned();
    let aside = String::from_utf8_lossy(&ran.stderr);
    if ran.status.code() == Some(3) {
        eprintln!("skipped: {aside}");
        return None;
    }
    assert!(ran.status.success() && told.contains(" 0 failed"), "{told}{aside}");
    Some(told)
}

/// Goes through the families with all clients of one SDK, through a gateway of its own.
fn through(
    which: &str,
    upstream: &Upstream,
    kind: &str,
    families: (&str, &str),
) -> Option<Workspace> {
    let (workspace, [direct, azure, next]) = workspace(upstream, kind);
    let vendor = &upstream.world().settings;
    let secrets = [
        ("VENDOR_KEY", vendor.openai_key.as_str()),
        ("VENDOR_AZURE_KEY", vendor.azure_key.as_str()),
    ];
    let gateway = Carrying::start(&workspace, &secrets);
    let told = sdk(
        which,
        &[
            ("SDK_BASE_URL", &gateway.url()),
            ("SDK_UPSTREAM_URL", &upstream.url()),
            ("SDK_OPENAI_KEY", &direct),
            ("SDK_AZURE_KEY", &azure),
            ("SDK_AZURE_V1_KEY", &next),
            ("SDK_GATEWAY", "1"),
            families,
        ],
    )?;
    eprintln!("{which}{kind}: {told}");
    gateway.stop();
    Some(workspace)
}

/// Tokens read, read from a cache, and written.
pub type Tokens = [u128; 3];

/// What the store of usage has, by model.
pub fn rolled(workspace: &Workspace) -> BTreeMap<String, Tokens> {
    let store = usage::Store::open(workspace.path(".charter/usage")).unwrap();
    let far = |year| jiff::civil::date(year, 1, 1);
    let partitions = store.partitions(far(2020), far(2100)).unwrap();
    let mut sums: BTreeMap<String, Tokens> = BTreeMap::new();
    for used in settlement::scan(&partitions, &mut |_| {}).unwrap() {
        let sum = sums.entry(used.model).or_default();
        sum[0] += used.tokens.read();
        sum[1] += used.tokens.cached;
        sum[2] += used.tokens.written();
    }
    sums.retain(|_, tokens| *tokens != [0; 3]);
    sums
}

/// What the vendor would bill, by model.
pub fn billed(upstream: &Upstream) -> BTreeMap<String, Tokens> {
    let totals = upstream.world().books.totals().into_iter();
    let by_model = totals.map(|(model, totals)| {
        let tokens = ["input", "cached", "output"].map(|class| u128::from(totals.tokens[class]));
        (model, tokens)
    });
    by_model.filter(|(_, tokens)| *tokens != [0; 3]).collect()
}

/// Each call that arrived, by the number that the SDK's harness gave it, and what of its headers are
/// names: what differs from run to run is left out.
fn arrived(upstream: &Upstream) -> BTreeMap<String, (String, BTreeSet<String>)> {
    let of_the_connection = ["host", "connection", "accept-encoding", "authorization", "api-key"];
    let is_digit = |last: char| last.is_ascii_hexdigit();
    let kept = upstream.world().requests.after(0);
    let known = kept.into_iter().filter_map(|call| {
        let mark = call.headers.get("x-sdk-call")?.to_str().unwrap();
        let number = mark.split_once('-').unwrap().1.to_string();
        // Of a path, ids differ from run to run.
        let path: Vec<_> = call
            .uri
            .path()
            .split('/')
            .map(|part| if part.len() > 20 && part.ends_with(is_digit) { "ID" } else { part })
            .collect();
        // Node's SDK leaves the deployment out of the path of a form, and a gateway knows it.
        let form = path.ends_with(&["images", "edits"]);
        let path = if form { vec!["images", "edits"] } else { path };
        let names = call.headers.keys().map(|name| name.to_string());
        let names = names.filter(|name| !of_the_connection.contains(&name.as_str()));
        let line = format!("{} {}", call.method, path.join("/"));
        Some((number, (line, names.collect())))
    });
    known.collect()
}

/// Through the gateway and not, for one SDK: all families with keys that are billed, but for those that
/// cannot be, which go by keys that are not.
fn carries(which: &str) {
    let mock = || Upstream::start(upstream::Settings::default()).unwrap();
    let upstream = mock();
    let not_metered = ("SDK_NOT", NOT_METERED);
    let Some(workspace) = through(which, &upstream, "", not_metered) else { return };
    assert_eq!(
        rolled(&workspace),
        billed(&upstream),
        "{which}: the books differ from the vendor's"
    );
    assert_eq!(rolled(&workspace).len(), 9, "all models that are billed by the token were called");
    let there = arrived(&upstream);

    let direct = mock();
    sdk(which, &[("SDK_BASE_URL", &direct.url()), not_metered]).unwrap();
    let mut here = arrived(&direct);
    assert!(there.len() > 100, "{}", there.len());
    // What a gateway answers itself: the models there are, and that one is not there.
    let own: Vec<_> = here.keys().filter(|number| !there.contains_key(*number)).cloned().collect();
    assert!(own.len() <= 4 * 9, "{own:?}");
    here.retain(|number, _| there.contains_key(number));
    for (number, directly) in &here {
        assert_eq!(&there[number], directly, "{which}: call {number} did not arrive as directly");
    }

    let upstream = mock();
    through(which, &upstream, "-trial", ("SDK_ONLY", NOT_METERED)).unwrap();
}

#[test]
fn python_sdks_calls_are_carried_as_they_are_and_metered_to_the_token() {
    carries("python");
}

#[test]
fn node_sdks_calls_are_carried_as_they_are_and_metered_to_the_token() {
    carries("node");
}
