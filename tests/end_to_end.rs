//! End to end: the real binary, on the worked example and on real input.

#![allow(clippy::unwrap_used)] // A test that cannot go on should stop where it is.

mod adopting;
mod asking;
mod backing_up;
mod bucketing;
mod carrying;
mod changing;
mod closing;
mod clustering;
mod compatibility;
mod crashing;
mod demo;
mod editor;
mod exporting;
mod gateway;
mod guide;
mod importing;
mod interrupting;
mod journal;
mod killing;
mod loading;
mod measuring;
mod operating;
mod packaging;
mod page;
mod pricing;
mod prompting;
mod recomputing;
mod recording;
mod rejecting;
mod roles;
mod seeing;
mod serving;
mod settling;
mod sourcing;
mod suite;
mod taking;
mod telling;
mod tracing;
mod trusting;
mod tutorial;
mod visiting;
mod watching;
mod workspace;
mod wrong_input;
