//! A gateway that runs from the command line until a test stops it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use crate::workspace::Workspace;

/// The table of an upstream, whose key is found as `secret`.
pub fn upstream(name: &str, host: &str, url: &str, dialect: &str, secret: &str) -> String {
    format!(
        "\n[[gateway.upstream]]\nname = \"{name}\"\nhost = \"{host}\"\nurl = \"{url}\"\n\
         dialect = \"{dialect}\"\nsecret_env = \"{secret}\"\n"
    )
}

/// The table of a name that clients may ask for, which is that of the model as well.
pub fn route(model: &str, upstreams: &[&str]) -> String {
    let candidates: Vec<_> = upstreams
        .iter()
        .map(|upstream| format!("{{ model = \"{model}\", upstream = \"{upstream}\" }}"))
        .collect();
    let candidates = candidates.join(", ");
    format!("\n[[gateway.route]]\nname = \"{model}\"\ncandidates = [{candidates}]\n")
}

/// Makes a key of the customer `acme` for the product `api`: the key, and its table.
pub fn key(workspace: &Workspace, name: &str, channel: &str) -> (String, String) {
    let made = workspace.json(&["gateway", "key", name]);
    let (key, hash) = (made["key"].as_str().unwrap(), made["hash"].as_str().unwrap());
    let table = format!(
        "\n[[gateway.key]]\nname = \"{name}\"\nhash = \"{hash}\"\ncustomer = \"acme\"\n\
         product = \"api\"\nchannel = \"{channel}\"\n"
    );
    (key.to_string(), table)
}

/// Puts the tables of a gateway into `charter.toml`, which listens at a port of its own.
pub fn settle_in(workspace: &Workspace, tables: &str) {
    let mut settings = std::fs::read_to_string(workspace.path("charter.toml")).unwrap();
    settings += &format!("\n[gateway]\nlisten = \"127.0.0.1:0\"\nworkers = 1\n{tables}");
    workspace.write("charter.toml", &settings);
}

/// A gateway that runs.
pub struct Carrying {
    child: Child,
    /// Where it listens, as `127.0.0.1:4000`.
    pub address: String,
    said: Arc<Mutex<Vec<String>>>,
}

impl Carrying {
    /// Starts the gateway of a workspace, with upstreams' keys in its environment.
    pub fn start(workspace: &Workspace, secrets: &[(&str, &str)]) -> Carrying {
        let mut command = workspace.command(&["gateway"]);
        let command = command.envs(secrets.iter().copied());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let said: Arc<Mutex<Vec<String>>> = Arc::default();
        let (aside, all) = (child.stderr.take().unwrap(), said.clone());
        std::thread::spawn(move || {
            for line in BufReader::new(aside).lines().map_while(Result::ok) {
                eprintln!("{line}");
                all.lock().unwrap().push(line);
            }
        });
        let mut first = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut first).unwrap();
        let address = first.trim().rsplit("//").next().unwrap().to_string();
        assert!(address.contains(':'), "it does not listen: {first}");
        Carrying { child, address, said }
    }

    /// How much memory it holds, in kB.
    pub fn resident_kb(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        resident.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// How many files and connections it has open.
    pub fn open_files(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.child.id())).unwrap().count()
    }

    /// What it has said on standard error so far, line by line.
    pub fn said(&self) -> Vec<String> {
        self.said.lock().unwrap().clone()
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Stops it, as an operator does: its rows are taken over then.
    pub fn stop(mut self) {
        stop(&mut self.child);
    }
}

/// Stops a gateway as an operator does, and waits until it has ended well.
pub fn stop(gateway: &mut Child) {
    let asked = Command::new("kill").arg(gateway.id().to_string()).status().unwrap();
    assert!(asked.success());
    assert_eq!(gateway.wait().unwrap().code(), Some(0));
}

impl Drop for Carrying {
    /// A test that fails leaves nobody behind.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
