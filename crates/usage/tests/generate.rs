//! Made-up calls: the same everywhere, and shaped like the traces.

mod common;

use common::trace;
use jiff::civil::date;
use usage::{Event, Generate, STANDARD, Shape, Stream, Tokens, day_of, generate};

fn request(shape: Shape, calls: u64) -> Generate {
    let stream = |product: &str, weight| Stream {
        channel: "direct".into(),
        product: product.into(),
        model: "gpt-4".into(),
        host: "azure".into(),
        customer: "acme".into(),
        weight,
        shape,
    };
    let mix = vec![stream("chat", 3), stream("idle", 0), stream("search", 1)];
    Generate { month: date(2025, 2, 14), calls, seed: 42, mix }
}

/// A changed digest means that every demonstration and benchmark changes its numbers.
#[test]
fn the_first_thousand_calls_never_change() {
    let mut hasher = blake3::Hasher::new();
    for shape in [Shape::Conversation, Shape::Code] {
        for event in generate(&request(shape, 1_000_000)).take(500) {
            let Event { id, at, channel, product, model, host, customer, .. } = event;
            let Tokens { input, cached, output, .. } = event.tokens;
            // As events were printed when the digest was taken.
            let text = format!(
                "Event {{ id: {id:?}, at: {at:?}, channel: {channel:?}, product: {product:?}, \
                 model: {model:?}, host: {host:?}, customer: {customer:?}, \
                 input_tokens: {input}, cached_input_tokens: {cached}, output_tokens: {output} }}\n"
            );
            hasher.update(text.as_bytes());
            let others = event.tokens.total() - input - cached - output;
            assert_eq!((event.tier.as_str(), event.calls, others), (STANDARD, 1, 0));
        }
    }
    assert_eq!(
        hasher.finalize().to_hex().as_str(),
        "c162a6801a8dff8eae479f9cd36c00b25affa6d88b8d6d40e115defb3db146ad"
    );
}

#[test]
fn calls_are_as_many_as_asked_in_order_and_in_the_month() {
    for calls in [0, 1, 2, 671, 672, 10_000] {
        let events: Vec<Event> = generate(&request(Shape::Code, calls)).collect();
        assert_eq!(events.len() as u64, calls);
        assert!(events.is_sorted_by_key(|event| event.at));
        let month = date(2025, 2, 1)..date(2025, 3, 1);
        assert!(events.iter().all(|event| month.contains(&day_of(event.at))));
    }
    let nothing = Generate { mix: Vec::new(), ..request(Shape::Code, 10) };
    assert_eq!(generate(&nothing).count(), 0);
}

#[test]
fn weights_and_working_days_show() {
    let events: Vec<Event> = generate(&request(Shape::Code, 28_000)).collect();
    let of = |product: &str| events.iter().filter(|event| event.product == product).count();
    assert!((20_500..21_500).contains(&of("chat")), "three in four: {}", of("chat"));
    assert_eq!(of("idle"), 0);
    let on = |day| events.iter().filter(|event| day_of(event.at) == date(2025, 2, day)).count();
    assert!(on(4) > on(2) * 3 / 2, "Tuesday {} against Sunday {}", on(4), on(2));
}

#[test]
fn another_request_gives_other_ids() {
    let first = |request: &Generate| generate(request).next().unwrap().id;
    let base = request(Shape::Code, 10_000);
    let others = [
        Generate { seed: 43, ..base.clone() },
        Generate { calls: 10_001, ..base.clone() },
        Generate { month: date(2025, 3, 1), ..base.clone() },
        request(Shape::Conversation, 10_000),
    ];
    for other in others {
        assert_ne!(first(&base), first(&other));
    }
    assert_eq!(first(&base), first(&Generate { month: date(2025, 2, 1), ..base.clone() }));
}

/// Median and mean of input and output lie within a few per cent of the trace's.
#[test]
fn lengths_are_those_of_the_traces() {
    let table = [
        ("azure-llm-2023-conv.csv", Shape::Conversation),
        ("azure-llm-2023-code.csv", Shape::Code),
    ];
    for (name, shape) in table {
        let Some(path) = trace(name) else { return };
        let mut real = [Vec::new(), Vec::new()];
        for record in csv::Reader::from_path(path).unwrap().records() {
            let record = record.unwrap();
            real[0].push(record[1].parse::<u64>().unwrap());
            real[1].push(record[2].parse::<u64>().unwrap());
        }
        let mut made = [Vec::new(), Vec::new()];
        for event in generate(&request(shape, 40_000)) {
            made[0].push(u64::from(event.tokens.read()));
            made[1].push(u64::from(event.tokens.written()));
        }
        for (real, made) in real.iter_mut().zip(&mut made) {
            real.sort_unstable();
            made.sort_unstable();
            let (want, got) = (real[real.len() / 2], made[made.len() / 2]);
            // One token either way, since the shortest answers are a dozen tokens long.
            assert!(got.abs_diff(want) <= 1 + want / 20, "{name}: median {got} for {want}");
            let mean = |lengths: &[u64]| lengths.iter().sum::<u64>() / lengths.len() as u64;
            let (want, got) = (mean(real), mean(made));
            assert!(got.abs_diff(want) <= 1 + want / 10, "{name}: mean {got} for {want}");
        }
    }
}
