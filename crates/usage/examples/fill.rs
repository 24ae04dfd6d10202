//! Fills a usage store with made-up calls, for measurements: `fill DIR ROWS [SEED]`.
//!
//! Prints one line of JSON: the rows, and the seconds it took to make and write them.

#![allow(clippy::disallowed_methods, reason = "an example that measures")]

use std::error::Error;
use std::time::Instant;

use jiff::civil::date;
use usage::{Generate, Shape, Store, Stream, generate};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(dir), Some(calls)) = (arguments.next(), arguments.next()) else {
        return Err("usage: fill DIR ROWS [SEED]".into());
    };
    let request = Generate {
        month: date(2025, 2, 1),
        calls: calls.replace('_', "").parse()?,
        seed: arguments.next().map_or(Ok(1), |seed| seed.parse())?,
        mix: mix(),
    };
    let store = Store::open(dir)?;
    let started = Instant::now();
    let written = store.append(generate(&request), &mut |_| {})?;
    println!(r#"{{"rows":{},"seconds":{:.3}}}"#, written.new, started.elapsed().as_secs_f64());
    Ok(())
}

/// A busy month: two channels, five products, six models, three hosts, forty customers.
fn mix() -> Vec<Stream> {
    let mut mix = Vec::new();
    for (index, customer) in (0u32..40).map(|customer| (customer, format!("customer-{customer}"))) {
        for (product, shape) in [
            ("chat", Shape::Conversation),
            ("api", Shape::Conversation),
            ("copilot", Shape::Code),
            ("search", Shape::Conversation),
            ("agents", Shape::Code),
        ] {
            let kind = index + product.len() as u32;
            let models = ["gpt-4", "gpt-4o", "gpt-4o-mini", "o1", "o3-mini", "phi-4"];
            let hosts = ["azure-east-us", "azure-sweden", "oracle-abilene"];
            for pick in 0..2 {
                mix.push(Stream {
                    channel: ["direct", "azure-openai"][(kind % 2) as usize].into(),
                    product: product.into(),
                    model: models[((kind + pick) % 6) as usize].into(),
                    host: hosts[((kind / 2 + pick) % 3) as usize].into(),
                    customer: customer.clone(),
                    weight: 1 + (index * 7 + pick * 3) % 11,
                    shape,
                });
            }
        }
    }
    mix
}
