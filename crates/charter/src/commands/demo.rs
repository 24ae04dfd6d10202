pub use stub::*;
mod stub {
    use crate::outcome::{Answer, Outcome};
    /// stub
    #[derive(clap::Args)]
    pub struct Args {}
    pub fn run(_: &Args) -> Outcome {
        Ok(Answer::Yes)
    }
}
