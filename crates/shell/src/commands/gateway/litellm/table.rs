//! What was imported, as the table `[gateway]`.

use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, Value, value};

use super::{Imported, Route, Upstream};

/// A document with the table alone.
pub fn document(imported: &Imported) -> DocumentMut {
    let mut gateway = Table::new();
    let mut limits = Table::new();
    if let Some(attempts) = imported.attempts {
        limits["attempts"] = value(i64::from(attempts));
    }
    if let Some(wait) = imported.first_byte_ms {
        limits["first_byte_ms"] = number(wait);
    }
    if !limits.is_empty() {
        gateway["limits"] = Item::Table(limits);
    }
    gateway["upstream"] = tables(imported.upstreams.iter().map(upstream));
    gateway["route"] = tables(imported.routes.iter().map(route));
    let mut document = DocumentMut::new();
    document["gateway"] = Item::Table(gateway);
    document
}

fn tables(all: impl Iterator<Item = Table>) -> Item {
    let mut tables = ArrayOfTables::new();
    all.for_each(|table| tables.push(table));
    Item::ArrayOfTables(tables)
}

fn number(number: u64) -> Item {
    value(i64::try_from(number).unwrap_or(i64::MAX))
}

fn upstream(upstream: &Upstream) -> Table {
    let mut table = Table::new();
    table["name"] = value(&upstream.name);
    table["host"] = value(&upstream.host);
    if let Some(region) = &upstream.region {
        table["region"] = value(region);
    }
    table["url"] = value(&upstream.url);
    table["dialect"] = value(upstream.dialect);
    if let Some(version) = &upstream.api_version {
        table["api_version"] = value(version);
    }
    table["secret_env"] = value(&upstream.secret_env);
    let differ = |(model, known_as): &(&String, &String)| model != known_as;
    let names: InlineTable = upstream.deployments.iter().filter(differ).collect();
    if !names.is_empty() {
        table["deployments"] = value(names);
    }
    if let Some(most) = upstream.concurrency_max {
        table["concurrency_max"] = number(most);
    }
    table
}

fn route(route: &Route) -> Table {
    let mut table = Table::new();
    table["name"] = value(&route.name);
    if let Some(strategy) = route.strategy {
        table["strategy"] = value(strategy);
    }
    let mut candidates = Array::new();
    for candidate in &route.candidates {
        let mut inline = InlineTable::new();
        inline.insert("model", candidate.model.as_str().into());
        inline.insert("upstream", candidate.upstream.as_str().into());
        if let Some(weight) = candidate.weight {
            inline.insert("weight", i64::from(weight).into());
        }
        let mut inline = Value::from(inline);
        if route.candidates.len() > 1 {
            inline.decor_mut().set_prefix("\n  ");
        }
        candidates.push_formatted(inline);
    }
    if route.candidates.len() > 1 {
        candidates.set_trailing_comma(true);
        candidates.set_trailing("\n");
    }
    table["candidates"] = value(candidates);
    table
}
