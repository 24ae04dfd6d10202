//! The vendor's SDK's own test-suite of the API, straight at the mock that it uses and through the gateway:
//! what passes directly passes here.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::carrying::{Carrying, key, route, settle_in, upstream};
use crate::workspace::{Workspace, checkout, rounds};

/// Tests that pass directly and cannot through a gateway: what is in their file's path and in their name,
/// and the reason.
const DIFFER: [(&str, &str, &str); 8] = [
    ("api_resources/admin/", "", ADMIN),
    ("test_images.py", "_create_variation[", NO_MODEL),
    ("test_images.py", "_edit_overload_1[", NO_MODEL),
    ("test_images.py", "_edit_overload_2[", NO_MODEL),
    ("test_images.py", "_generate_overload_1[", NO_MODEL),
    ("test_images.py", "_generate_overload_2[", NO_MODEL),
    ("test_moderations.py", "_create[", NO_MODEL),
    ("test_responses.py", "_create_overload_", NO_MODEL),
];
const ADMIN: &str = "an account is administered with a key of its own, and not through a gateway";
const NO_MODEL: &str = "the call names no model, and it is models that the agreement speaks of";

/// The suite's mock, until it is dropped.
struct Mock {
    child: Child,
    url: String,
}

impl Mock {
    /// `None` where it cannot be installed.
    fn start() -> Option<Mock> {
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut command = Command::new(script());
        let command = command.args(["serve", &free.port().to_string()]);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let mut mock = Mock { child, url: format!("http://{free}") };
        let began = Instant::now();
        while TcpStream::connect(free).is_err() {
            if mock.child.try_wait().unwrap().is_some() {
                return None;
            }
            assert!(began.elapsed() < Duration::from_secs(300), "the suite's mock does not listen");
            std::thread::sleep(Duration::from_millis(100));
        }
        Some(mock)
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn script() -> PathBuf {
    checkout().join("tests/sdk/suite/run")
}

fn run(args: &[&str], variables: &[(&str, &str)]) -> Output {
    Command::new(script()).args(args).envs(variables.iter().copied()).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A workspace whose one channel nobody bills, as the suite makes calls that nobody can meter, and whose
/// registry knows every model that it asks for.
fn workspace(mock: &str, models: &[&str]) -> (Workspace, String) {
    let workspace = Workspace::example();
    let registry = std::fs::read_to_string(workspace.path("registry.md")).unwrap();
    let mut more =
        "channel \"trial\" {\n  seller  = openai\n  service = openai-api\n}\n".to_string();
    let mut tables = upstream("mock", "azure", mock, "openai", "VENDOR_KEY");
    for name in models {
        let model = format!("model \"{name}\" {{");
        if !registry.contains(&model) {
            more += &format!("{model}\n  owner = openai\n  asset = models\n}}\n");
        }
        tables += &route(name, &["mock"]);
    }
    workspace.write("trial.md", &format!("# A trial\n\n```hcl\n{more}```\n"));
    workspace.must(&["adopt", "--all", "--known", "signed"]);
    let (key, table) = key(&workspace, "suite", "trial");
    settle_in(&workspace, &(tables + &table));
    (workspace, key)
}

#[test]
fn the_sdks_own_suite_passes_through_the_gateway_as_it_does_directly() {
    let Some(mock) = Mock::start() else {
        eprintln!("skipped: the suite cannot be installed");
        return;
    };
    let models = text(&run(&["models"], &[]).stdout);
    let models: Vec<_> = models.lines().collect();
    assert!(models.len() > 10, "{models:?}");
    let (workspace, key) = workspace(&mock.url, &models);
    let gateway = Carrying::start(&workspace, &[("VENDOR_KEY", "theirs")]);

    // All of it takes minutes; a part of it, drawn by lot, is for every day.
    let sample = rounds(8, 1).to_string();
    let seed = std::env::var("SUITE_SEED").unwrap_or_else(|_| "1".to_string());
    let outcomes = |name: &str, url: &str, key: &str| {
        let out = workspace.path(name);
        std::fs::write(&out, "").unwrap();
        let variables = [
            ("SUITE_KEY", key),
            ("SUITE_SAMPLE", &sample),
            ("SUITE_SEED", &seed),
            // What differs anyway takes as long as the rest.
            ("SUITE_IGNORE", if sample == "1" { "" } else { "admin" }),
        ];
        let ran = run(&["test", &format!("{url}/v1"), out.to_str().unwrap()], &variables);
        eprintln!("{name}: {}", text(&ran.stdout).trim());
        assert!(!std::fs::read(&out).unwrap().is_empty(), "{}", text(&ran.stderr));
        out
    };
    let direct = outcomes("direct", &mock.url, "theirs");
    let through = outcomes("through", &gateway.url(), &key);
    gateway.stop();
    let lost = lost(&direct, &through);
    let is_of = |test: &String, (file, name, _): &(&str, &str, &str)| {
        test.contains(file) && test.contains(name)
    };
    let unexpected: Vec<_> =
        lost.iter().filter(|test| !DIFFER.iter().any(|known| is_of(test, known))).collect();
    assert!(unexpected.is_empty(), "seed {seed}: {unexpected:#?}");
    for known in DIFFER.iter().filter(|_| sample == "1") {
        assert!(lost.iter().any(|test| is_of(test, known)), "{known:?} passes");
    }
}

/// What passes directly and not through the gateway.
fn lost(direct: &Path, through: &Path) -> Vec<String> {
    let (direct, through) = (direct.to_str().unwrap(), through.to_str().unwrap());
    let compared = text(&run(&["compare", direct, through], &[]).stdout);
    eprintln!("{}", compared.lines().last().unwrap_or_default());
    assert!(compared.contains(" passed, "), "{compared}");
    let lost = compared.lines().filter_map(|line| line.strip_prefix("LOST "));
    lost.map(str::to_string).collect()
}
