//! A workspace to test in, and the binary to test.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// A copy of the worked example, or another folder with a `charter.toml`.
pub struct Workspace(TempDir);

/// An agreement in which meridian may step in first, and what else its right says.
pub fn first_refusal(says: &str) -> String {
    format!(
        r#"# An agreement

```hcl
party "lab" {{}}
party "meridian" {{}}
party "borealis" {{}}

agreement "hosting" {{
  parties   = [lab, meridian]
  signed    = "2024-01-01"
  time_zone = "UTC"
}}
```

The holder may step in first.

```hcl
right_of_first_refusal "capacity" {{
  grantor = lab
  holder  = meridian
  scope {{
    subject = capacity
    kind    = new
  }}
  {says}
}}
```
"#
    )
}

/// What a command printed, and how it ended.
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Workspace {
    /// A fresh copy of `examples/microsoft-openai`.
    pub fn example() -> Workspace {
        let folder = tempfile::tempdir().unwrap();
        let example = checkout().join("examples/microsoft-openai");
        for entry in std::fs::read_dir(example).unwrap() {
            let path = entry.unwrap().path();
            // A checkout somebody has worked in may hold a `.charter`.
            if path.is_file() {
                std::fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
            }
        }
        Workspace(folder)
    }

    /// A workspace without documents.
    pub fn empty() -> Workspace {
        let workspace = Workspace(tempfile::tempdir().unwrap());
        workspace.write("charter.toml", "");
        workspace
    }

    /// A fresh copy of the example, with every document adopted.
    pub fn adopted() -> Workspace {
        let workspace = Workspace::example();
        workspace.must(&["adopt", "--all", "--known", "signed"]);
        workspace
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = charter();
        command.arg("-C").arg(self.0.path()).args(args);
        command
    }

    pub fn run(&self, args: &[&str]) -> Ran {
        Ran::of(self.command(args).output().unwrap())
    }

    /// Runs a command that must end with 0 and returns what it printed.
    pub fn must(&self, args: &[&str]) -> String {
        let ran = self.run(args);
        assert_eq!(ran.code, 0, "{args:?}\n{}{}", ran.stdout, ran.stderr);
        ran.stdout
    }

    /// Runs a command with `--json`, however it ends.
    pub fn json(&self, args: &[&str]) -> Value {
        let ran = self.run(&[args, &["--json"]].concat());
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| {
            panic!("{args:?}: {error}\n{}{}", ran.stdout, ran.stderr);
        })
    }

    /// Text with the workspace's own folder, which differs from run to run, taken out.
    pub fn neutral(&self, text: &str) -> String {
        let real = self.0.path().canonicalize().unwrap();
        text.replace(&real.display().to_string(), "WORKSPACE")
            .replace(&self.0.path().display().to_string(), "WORKSPACE")
    }
}

impl Ran {
    pub fn of(output: Output) -> Ran {
        Ran {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// The binary, without colours and 80 columns wide.
pub fn charter() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_charter"));
    command.env("NO_COLOR", "1").env("COLUMNS", "80");
    command
}

/// A scenario of the example, which is no part of its terms.
pub fn scenario(name: &str) -> String {
    let scenarios = checkout().join("examples/microsoft-openai/scenarios");
    scenarios.join(name).display().to_string()
}

pub fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// A file of the real input beside the checkout; says so and returns none where there is none.
pub fn shared(name: &str) -> Option<PathBuf> {
    let shared = std::env::var_os("CHARTER_SHARED")
        .map_or_else(|| checkout().join("../shared"), PathBuf::from);
    let path = shared.join(name);
    if !path.exists() {
        eprintln!("skipped: there is no {name} in {}", shared.display());
        return None;
    }
    Some(path)
}

/// How often a campaign runs: a few times, or often with `./test --long`.
pub fn rounds(short: u64, long: u64) -> u64 {
    if std::env::var_os("CHARTER_LONG").is_some() { long } else { short }
}

/// Waits until something is so.
pub fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..200 {
        if is_so() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("{what}");
}
