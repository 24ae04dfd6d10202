//! What the running gateway counts and no metered row keeps: how long callers wait for the first byte, and what was
//! refused, under which clause.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use gateway::seen::{Distribution, Snapshot};
use maud::{Markup, html};
use rust_decimal::Decimal;
use shell::gateway::{operations, span};

use crate::chart;
use crate::server::{App, Sorry};
use crate::viewer::Viewer;
use crate::words;

/// How long a page waits for a gateway, which is on this machine.
const WAIT: Duration = Duration::from_millis(300);

/// What is known of a running gateway.
pub enum Live {
    /// No settings say where one would be asked.
    Off,
    /// It does not answer there.
    Silent(SocketAddr),
    /// It says this.
    Says(Box<Snapshot>),
}

/// Asks the gateway that the settings name, without holding up whoever reads the workspace.
pub async fn figures(app: &App, viewer: &Viewer) -> Result<Live, Sorry> {
    // A workspace without a gateway has no settings of one.
    let address = app
        .desk
        .read(viewer.asker(), |room| Ok(operations(&room.workspace).ok().flatten()))
        .await?;
    let Some(address) = address else { return Ok(Live::Off) };
    Ok(match tokio::time::timeout(WAIT, telemetry::operations::ask(address)).await {
        Ok(Ok(snapshot)) => Live::Says(Box::new(snapshot)),
        _ => Live::Silent(address),
    })
}

/// The part of the page that shows it.
pub fn shown(live: &Live) -> Markup {
    html! {
        h2 #live { "Live" }
        @match live {
            Live::Off => p { "Waiting times and refusals are counted by a running gateway; " code { "[gateway.operations]" } " in " code { "charter.toml" } " says where it is asked for them, and here it does not." },
            Live::Silent(address) => p.note { "No gateway answers at " code { (address) } ": waiting times and refusals are not known now." },
            Live::Says(snapshot) => (said(snapshot)),
        }
    }
}

fn said(snapshot: &Snapshot) -> Markup {
    let hosts: BTreeMap<&str, &str> =
        snapshot.upstreams.iter().map(|of| (of.upstream.as_str(), of.host.as_str())).collect();
    let targets = || snapshot.targets.iter();
    let by_host = targets().map(|of| {
        (hosts.get(of.upstream.as_str()).copied().unwrap_or(&of.upstream), &of.first_byte_us)
    });
    let by_model = targets().map(|of| (of.model.as_str(), &of.first_byte_us));
    let by_route = snapshot.routes.iter().map(|of| (of.route.as_str(), &of.first_byte_us));
    html! {
        p { (snapshot.running) " calls run now, " (snapshot.streams) " of them streams; "
            (snapshot.rows.waiting) " metered rows wait to be taken over." }
        h3 { "Time to the first token, by its first byte" }
        (waits("Model", by_model)) (waits("Host", by_host)) (waits("Route", by_route))
        h3 { "Refused under a clause" }
        @if snapshot.clauses.is_empty() { p { "Nothing was." } }
        @else {
            @let bars: Vec<_> = snapshot.clauses.iter().map(|of| (of.clause.clone(), Decimal::from(of.count), of.count.to_string())).collect();
            (chart::bars("Calls refused, by clause", &bars))
            div.scroll tabindex="0" { table {
                thead { tr { th { "Clause" } th.number { "Calls refused" } } }
                tbody { @for of in &snapshot.clauses { tr { td { (words::clause(&of.clause)) } td.number { (of.count) } } } }
            } }
        }
        (reasons(snapshot))
        p.quiet.small {
            "Counted by the gateway since it was started, and forgotten when it ends: metered rows keep neither waits nor refusals. \
             Waits are not counted by channel and product. A call that two clauses refuse counts for both."
        }
    }
}

/// Half of all, and 95 of 100, waited no longer than this.
fn waits<'a>(title: &str, all: impl Iterator<Item = (&'a str, &'a Distribution)>) -> Markup {
    let mut sums: BTreeMap<&str, Distribution> = BTreeMap::new();
    for (name, distribution) in all.filter(|(_, of)| of.count() > 0) {
        sums.entry(name).or_default().add(distribution);
    }
    let shown = |of: &Distribution, percent| of.within(percent).map_or_else(String::new, span);
    html! { @if !sums.is_empty() {
        div.scroll tabindex="0" { table {
            thead { tr { th { (title) } th.number { "Answers" } th.number { "p50" } th.number { "p95" } } }
            tbody { @for (name, of) in &sums { tr {
                td { @if name.is_empty() { "(none)" } @else { (name) } } td.number { (of.count()) }
                td.number { (shown(of, 50)) } td.number { (shown(of, 95)) }
            } } }
        } }
    } }
}

/// Why the gateway answered by itself, clause or not.
fn reasons(snapshot: &Snapshot) -> Markup {
    let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
    for of in &snapshot.refusals {
        *sums.entry(of.reason.as_str()).or_default() += of.count;
    }
    html! { @if !sums.is_empty() {
        div.scroll tabindex="0" { table {
            thead { tr { th { "Why the gateway refused" } th.number { "Calls" } } }
            tbody { @for (reason, count) in &sums { tr { td { code { (reason) } } td.number { (count) } } } }
        } }
    } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_added_up_by_host_and_refusals_name_their_clause() {
        let target = |upstream: &str, counts: &str| {
            format!(
                r#"{{"route":"gpt-4o","upstream":"{upstream}","model":"gpt-4o","provider":"openai",
                "address":"x","port":443,"operation":"chat_completions","duration_us":[],
                "first_byte_us":{{"bounds":[100000,200000],"counts":{counts},"sum":1}},
                "read_tokens":{{"bounds":[],"counts":[],"sum":0}},
                "written_tokens":{{"bounds":[],"counts":[],"sum":0}}}}"#
            )
        };
        let upstream = |name: &str| {
            format!(
                r#"{{"upstream":"{name}","host":"azure","circuit":"closed","opened":0,"failures":0,
                "in_flight":0,"concurrency_max":null,"first_byte_us":0}}"#
            )
        };
        let text = format!(
            r#"{{"at":"2026-01-01T00:00:00Z","workers":1,"running":3,"streams":2,"connections":3,
            "forgotten_facts":0,"calls":[],"routes":[],"attempts":[],"targets":[{},{}],
            "refusals":[{{"key":"web","reason":"not_permitted","count":4}},
                {{"key":"app","reason":"not_permitted","count":5}}],
            "clauses":[{{"clause":"exclusivity.api-hosting","count":9}}],
            "upstreams":[{},{}],"budgets":[],
            "rows":{{"written":0,"rolled":0,"waiting":7,"unsynced_us":0,"last_roll":null,"sound":true}}}}"#,
            target("east", "[10,0,0]"),
            target("west", "[0,10,0]"),
            upstream("east"),
            upstream("west"),
        );
        let page = said(&serde_json::from_str(&text).unwrap()).into_string();
        let row = |name: &str, cells: [&str; 3]| {
            let cells = cells.map(|cell| format!(r#"<td class="number">{cell}</td>"#)).concat();
            format!("<tr><td>{name}</td>{cells}</tr>").replace("<td> ", "<td>")
        };
        let page = page.replace("</td> <td", "</td><td");
        for host in
            [row("azure", ["20", "100 ms", "190 ms"]), row("gpt-4o", ["20", "100 ms", "190 ms"])]
        {
            assert!(page.contains(&host), "{host}\n{page}");
        }
        assert!(page.contains(r##"href="/agreement#exclusivity-api-hosting""##), "{page}");
        assert!(
            page.contains(r#"<code>not_permitted</code></td><td class="number">9</td>"#),
            "{page}"
        );
        assert!(!page.contains("web"), "who called is no business of who looks: {page}");
    }
}
