use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::terms::Source;
use language_server::{Library, Unsaved};

use crate::outcome::{Answer, Failure, Outcome};
use crate::workspace::{Clock, Stored, Workspace, root};

/// Serves an editor: what is wrong while you type, what a clause says and how long it holds, where
/// something is defined, and what may be written next.
///
/// Editors start it themselves and talk to it over standard input and output (the Language Server
/// Protocol). Each document belongs to the workspace its file lies in; what is typed and not yet saved
/// counts.
#[derive(clap::Args)]
#[command(after_help = "\
Example, for Neovim 0.11 or later, in init.lua:
  vim.lsp.config('charter', {
    cmd = { 'charter', 'lsp' }, filetypes = { 'markdown' }, root_markers = { 'charter.toml' },
  })
  vim.lsp.enable('charter')

docs/editors.md says the same for Helix, VS Code and older versions of Neovim.")]
pub struct Args {
    /// Talk over standard input and output, which is all there is; some editors insist on saying so
    #[arg(long, hide = true)]
    stdio: bool,
}

pub fn run(_: &Args, clock: Clock, json: bool) -> Outcome {
    if json {
        return Err(Failure::wrong_use(
            "an editor is served in its own protocol",
            "leave `--json` out",
        ));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let took_leave = runtime.block_on(language_server::serve(Files { clock }));
    // What still waits for input would wait for ever.
    runtime.shutdown_background();
    Ok(Answer::of(took_leave))
}

/// The workspaces on this machine.
struct Files {
    clock: Clock,
}

impl Library for Files {
    fn workspace(&self, file: &Path) -> Option<PathBuf> {
        root(file.parent()?).map(Path::to_path_buf)
    }

    fn read(&self, workspace: &Path) -> Result<Arc<dyn language_server::Stored>, String> {
        let stored = Workspace::find(workspace, self.clock).and_then(|found| found.stored());
        match stored {
            Ok(stored) => Ok(Arc::new(stored)),
            Err(Failure::WrongUse(report) | Failure::Failed(report)) => Err(report.to_string()),
        }
    }
}

impl language_server::Stored for Stored {
    fn sources(&self, unsaved: &Unsaved) -> Vec<Source> {
        Stored::sources(self, unsaved).0
    }
}
