use std::path::PathBuf;

use crate::outcome::{Answer, Failure, Outcome};
use crate::term;
use crate::term::say;

/// Makes a new workspace: settings, a registry and a small agreement to begin from.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  charter init ours && charter -C ours check")]
pub struct Args {
    /// The folder; it must not be there yet, or be empty
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

const FILES: [(&str, &str); 3] = [
    ("charter.toml", include_str!("../../template/charter.toml")),
    ("registry.md", include_str!("../../template/registry.md")),
    ("agreement.md", include_str!("../../template/agreement.md")),
];

pub fn run(args: &Args, json: bool) -> Outcome {
    let folder = &args.folder;
    let taken = folder.exists()
        && std::fs::read_dir(folder).map_or(true, |mut entries| entries.next().is_some());
    if taken {
        return Err(Failure::wrong_use(
            format!("`{}` is there and not an empty folder", folder.display()),
            "name a folder that is not there yet",
        ));
    }
    let cannot = |error: std::io::Error| {
        let message = format!("cannot write to `{}`: {error}", folder.display());
        Failure::failed(message, "name a folder you may write to")
    };
    std::fs::create_dir_all(folder).map_err(cannot)?;
    for (name, text) in FILES {
        std::fs::write(folder.join(name), text).map_err(cannot)?;
    }
    if json {
        term::json(&FILES.map(|(name, _)| name))?;
    } else {
        say!("made {} with {}", folder.display(), FILES.map(|(name, _)| name).join(", "));
        say!("next: charter -C {} check", folder.display());
    }
    Ok(Answer::Yes)
}
