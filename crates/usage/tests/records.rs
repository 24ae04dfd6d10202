//! Importing what other systems write of calls: what is made of it, and what is not.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::{all_rows, chain, defaults, import_text};
use usage::{Defaults, Event, Format, Imported, Store, Tokens};

fn store() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path().join("usage")).unwrap();
    (dir, store)
}

fn take(store: &Store, format: Format, text: &str) -> Imported {
    import_text(store, format, text.as_bytes()).unwrap()
}

fn take_with(store: &Store, format: Format, text: &str, defaults: &Defaults) -> Imported {
    let source = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(source.path(), text).unwrap();
    store.import(source.path(), format, defaults, &mut |_| {}).unwrap()
}

/// Lines and reasons of what was rejected.
fn rejects(imported: &Imported) -> Vec<(u64, String)> {
    let Some(path) = &imported.rejects_file else { return Vec::new() };
    let mut reader = csv::Reader::from_path(path).unwrap();
    reader
        .records()
        .map(|row| row.unwrap())
        .map(|row| (row[0].parse().unwrap(), row[1].to_owned()))
        .collect()
}

/// The rows of a store in the order of time.
fn rows(store: &Store) -> Vec<Event> {
    let mut rows: Vec<Event> = all_rows(store).into_values().collect();
    rows.sort_by_key(|row| (row.at, row.id));
    rows
}

const NONE: Tokens<u32> = Tokens {
    input: 0,
    cached: 0,
    cache_write: 0,
    audio_input: 0,
    image_input: 0,
    output: 0,
    reasoning: 0,
    audio_output: 0,
    image_output: 0,
};

fn event(id: &str, more: &str, data: &str) -> String {
    format!(
        r#"{{"specversion":"1.0","type":"com.example.call","source":"/meters/7","id":"{id}",{more}"time":"2025-03-01T10:00:00Z","data":{data}}}"#
    )
}

#[test]
fn events_of_every_shape_are_the_same_rows() {
    let counts = r#"{"model":"gpt-4o","tier":"batch","calls":3,"input_tokens":10,
        "cached_input_tokens":5,"output_tokens":7,"note":{"any":["thing"]}}"#
        .replace('\n', " ");
    let usage = r#"{"model":"o\u0033","customer":"zeta","usage":{"prompt_tokens":100,"completion_tokens":50,
        "prompt_tokens_details":{"cached_tokens":60},
        "completion_tokens_details":{"reasoning_tokens":30}}}"#
        .replace('\n', " ");
    let events = [event("1", r#""subject":"beta","#, &counts), event("2", "", &usage)];
    let (lines, array) = (events.join("\n"), format!("\u{feff}[\n{}\n]\n", events.join(",\n")));
    let spread = events.join("\n").replace(",\"", ",\n  \"").replace(r#""1.0"}"#, "\"1.0\"\n}");

    let (_dir, store) = store();
    let first = take(&store, Format::CloudEvents, &lines);
    assert_eq!((first.new, first.rejected), (2, 0), "{:?}", rejects(&first));
    let kept = rows(&store);
    let of = |model: &str| kept.iter().find(|row| row.model == model).unwrap();
    let [one, two] = [of("gpt-4o"), of("o3")];
    assert_eq!(one.tokens, Tokens { input: 10, cached: 5, output: 7, ..NONE });
    assert_eq!(
        (one.calls, &*one.tier, &*one.customer, &*one.channel),
        (3, "batch", "beta", "direct")
    );
    assert_eq!(two.tokens, Tokens { input: 40, cached: 60, output: 20, reasoning: 30, ..NONE });
    assert_eq!((two.calls, &*two.tier, &*two.customer), (1, "standard", "zeta"));

    for text in [&lines, &array, &spread] {
        let again = take(&store, Format::CloudEvents, text);
        assert_eq!(
            (again.new, again.duplicate, again.rejected),
            (0, 2, 0),
            "{:?}",
            rejects(&again)
        );
    }
    // The same id from another source is another call.
    let other = lines.replace("/meters/7", "/meters/8");
    assert_eq!(take(&store, Format::CloudEvents, &other).new, 2);
}

#[test]
fn events_that_are_no_rows_are_written_down_with_the_reason() {
    let tokens = r#"{"input_tokens":1,"output_tokens":2}"#;
    let good = event("good", "", tokens);
    let long = format!(r#"{{"input_tokens":1,"output_tokens":{}}}"#, "9".repeat(30));
    let table: Vec<(String, &str)> = vec![
        (good.replace(r#""id":"good","#, ""), "there is no `id`"),
        (good.replace(r#""source":"/meters/7","#, ""), "there is no `source`"),
        (good.replace(r#""time":"2025-03-01T10:00:00Z","#, ""), "there is no `time`"),
        (good.replace("2025-03-01T10:00:00Z", "2300-03-01T10:00:00Z"), "`time`: `2300"),
        (good.replace("10:00:00Z", "10:00:00"), "is not an instant; expected a date, a time and"),
        (good.replace(r#""1.0""#, r#""0.3""#), "`specversion` is `0.3`; expected `1.0`"),
        (good.replace(r#""id":"good""#, r#""id":"good","id":"x""#), "`id` is there twice"),
        (event("a", "", r#"{"input_tokens":-1,"output_tokens":2}"#), "`input_tokens`: `-1` is not"),
        (
            event("b", "", r#"{"input_tokens":1.5,"output_tokens":2}"#),
            "`input_tokens`: `1.5` is not",
        ),
        (event("c", "", r#"{"input_tokens":NaN,"output_tokens":2}"#), "not a JSON object"),
        (event("d", "", &long), "is not a count of tokens"),
        (event("e", "", r#"{"input_tokens":1}"#), "`data` has no `output_tokens`"),
        (
            event("f", "", r#"{"input_tokens":1,"output_tokens":2,"cached_tokens":1}"#),
            "`cached_tokens` is no class of tokens",
        ),
        (
            event("g", "", r#"{"usage":{"prompt_tokens":1},"input_tokens":1}"#),
            "`data` has `usage` and counts of its own",
        ),
        (event("h", "", r#"{"usage":{"prompt_tokens":-1}}"#), "`usage`: invalid value"),
        (event("i", "", r#"{"usage":{"type":"duration"}}"#), "`usage` counts no tokens"),
        (
            event("j", "", r#"{"usage":{"prompt_tokens":5000000000}}"#),
            "`5000000000` is not a count",
        ),
        (event("k", "", "[1]"), "`data`: not a JSON object"),
        (event("l", "", r#"{"model":"","input_tokens":1,"output_tokens":2}"#), "`model` is empty"),
        (good.replace(r#""data":"#, r#""data_base64":"#), "`data`: is in base64"),
        ("7".into(), "not a JSON object"),
        // The same id, which says something else.
        (
            event("good", "", r#"{"input_tokens":9,"output_tokens":2}"#),
            "`id` is that of another row",
        ),
    ];
    let texts: Vec<&str> = table.iter().map(|(text, _)| text.as_str()).collect();
    let bad = table.len() as u64;
    for (text, first_line) in [
        (format!("{good}\n{}\n{{\"specversion\":\"1.0\",", texts.join("\n")), 2),
        (format!("[\n{good},\n{}\n,{{\"specversion\":\"1.0\",", texts.join(",\n")), 3),
    ] {
        let (_dir, store) = store();
        let imported = take(&store, Format::CloudEvents, &text);
        assert_eq!((imported.new, imported.rejected), (1, bad + 1), "{:?}", rejects(&imported));
        let mut found = rejects(&imported);
        found.sort();
        assert_eq!(found.last().unwrap().1, "the JSON breaks off; expected an object");
        for ((number, (text, expected)), (line, reason)) in (first_line..).zip(&table).zip(&found) {
            assert_eq!(*line, number, "{text}");
            assert!(reason.contains(expected), "`{reason}` should say `{expected}`");
        }
    }
}

#[test]
fn names_that_nothing_says_reject_the_event() {
    let (_dir, store) = store();
    let none = Defaults { channel: Some("direct".into()), ..Defaults::default() };
    let text = event(
        "1",
        "",
        r#"{"model":"m","product":"p","host":"h","input_tokens":1,"output_tokens":1}"#,
    );
    let imported = take_with(&store, Format::CloudEvents, &text, &none);
    assert_eq!(rejects(&imported), [(1, "nothing says `customer`; pass a default for it".into())]);
    // The mapping finds it elsewhere in the event.
    let mapped = Defaults { columns: [("customer".into(), "account".into())].into(), ..none };
    let text = text.replacen('{', r#"{"account":"acme","#, 1);
    let imported = take_with(&store, Format::CloudEvents, &text, &mapped);
    assert_eq!(imported.new, 1, "{:?}", rejects(&imported));
    assert_eq!(rows(&store)[0].customer, "acme");
}

#[test]
fn a_source_without_records_is_refused() {
    for text in ["", " \n\n"] {
        let (_dir, store) = store();
        let error = import_text(&store, Format::CloudEvents, text.as_bytes()).unwrap_err();
        assert!(chain(&error).contains("is empty; expected records of cloudevents"), "{error}");
        assert!(!store.root().exists());
    }
    let (_dir, store) = store();
    let mut wrong = defaults();
    wrong.columns.insert("modle".into(), "x".into());
    let source = tempfile::NamedTempFile::new().unwrap();
    let error = store.import(source.path(), Format::CloudEvents, &wrong, &mut |_| {}).unwrap_err();
    assert!(error.to_string().starts_with("`modle` is not a column of usage"), "{error}");
    assert_eq!(take(&store, Format::CloudEvents, "[]").read, 0);
}

const LOG: &str = r#"{"request_id":"chatcmpl-1","call_type":"acompletion","api_key":"88dc28d0f030c55ed4ab77ed8faf098196cb1c05df778539800c9f1243fe6b4b","spend":0.00105,"total_tokens":130,"prompt_tokens":100,"completion_tokens":30,"startTime":"2025-03-01T10:00:00.250Z","endTime":"2025-03-01T10:00:02Z","model":"gpt-4o","model_group":"chat","custom_llm_provider":"azure","metadata":{"usage_object":{"prompt_tokens":100,"completion_tokens":30,"total_tokens":130,"prompt_tokens_details":{"cached_tokens":40,"audio_tokens":null},"completion_tokens_details":{"reasoning_tokens":10}},"additional_usage_values":{"cache_creation_input_tokens":5}},"cache_hit":"None","end_user":"beta","status":"success"}"#;

#[test]
fn logs_of_litellm_are_rows_from_json_and_csv_alike() {
    let (_dir, store) = store();
    let first = take(&store, Format::Litellm, LOG);
    assert_eq!((first.new, first.rejected), (1, 0), "{:?}", rejects(&first));
    let row = rows(&store).remove(0);
    assert_eq!(
        row.tokens,
        Tokens { input: 55, cached: 40, cache_write: 5, output: 20, reasoning: 10, ..NONE }
    );
    assert_eq!((&*row.model, &*row.host, &*row.customer), ("gpt-4o", "azure", "beta"));
    assert_eq!(row.at, "2025-03-01T10:00:00.25Z".parse().unwrap());

    let csv = "request_id,startTime,model,custom_llm_provider,prompt_tokens,completion_tokens,\
               metadata,end_user,status\n\
               chatcmpl-1,2025-03-01 10:00:00.25,gpt-4o,azure,100,30,\"{\"\"usage_object\"\": \
               {\"\"prompt_tokens_details\"\": {\"\"cached_tokens\"\": 40}, \
               \"\"completion_tokens_details\"\": {\"\"reasoning_tokens\"\": 10}}, \
               \"\"additional_usage_values\"\": {\"\"cache_creation_input_tokens\"\": 5}}\",beta,\n\
               chatcmpl-2,2025-03-01 11:00:00+00,gpt-4o,azure,7,0,{},,success\n";
    let again = take(&store, Format::Litellm, csv);
    assert_eq!((again.new, again.duplicate, again.rejected), (1, 1, 0), "{:?}", rejects(&again));
    assert_eq!(&*rows(&store)[1].customer, "acme", "an empty cell does not say");

    // The names may stand elsewhere.
    let (_dir, store) = self::store();
    let mapped = [("model", "model_group"), ("customer", "api_key")];
    let mapped = mapped.map(|(ours, theirs)| (ours.to_owned(), theirs.to_owned()));
    let mapped = Defaults { columns: mapped.into(), ..defaults() };
    take_with(&store, Format::Litellm, &format!("[{LOG}]"), &mapped);
    let row = rows(&store).remove(0);
    assert_eq!((&*row.model, &row.customer[..8]), ("chat", "88dc28d0"));
}

#[test]
fn logs_that_are_no_rows_are_written_down_with_the_reason() {
    let table = [
        (LOG.replace("chatcmpl-1", ""), "`request_id` is empty"),
        (
            LOG.replace(r#""prompt_tokens":100,"comp"#, r#""prompt_tokens":-1,"comp"#),
            "`-1` is not a count",
        ),
        (LOG.replace("2025-03-01T10:00:00.250Z", "tomorrow"), "`startTime`: `tomorrow`"),
        (LOG.replace(r#""cache_hit":"None""#, r#""cache_hit":"True""#), "from its own cache"),
        (
            LOG.replace(r#""cached_tokens":40"#, r#""cached_tokens":"x""#),
            "`metadata`: `usage_object`",
        ),
        (
            LOG.replace("100", "0").replace(":30", ":0").replace("success", "failure"),
            "the call failed and used no tokens",
        ),
    ];
    let texts: Vec<&str> = table.iter().map(|(text, _)| text.as_str()).collect();
    let (_dir, store) = store();
    let imported = take(&store, Format::Litellm, &texts.join("\n"));
    let found = rejects(&imported);
    assert_eq!((imported.new, found.len()), (0, table.len()), "{found:?}");
    for ((_, expected), (_, reason)) in table.iter().zip(&found) {
        assert!(reason.contains(expected), "`{reason}` should say `{expected}`");
    }
    let error = import_text(&store, Format::Litellm, b"request_id,startTime,prompt_tokens\n");
    let error = chain(&error.unwrap_err());
    assert!(error.contains("(there is no `completion_tokens`)"), "{error}");
}

fn page(start: i64, end: i64, results: &str) -> String {
    format!(
        "{{\"object\":\"page\",\"data\":[\n {{\"object\":\"bucket\",\"start_time\":{start},\
         \"end_time\":{end},\"results\":[\n{results}\n]}}],\n\"has_more\":false}}"
    )
}

// 2025-03-01T00:00:00Z.
const DAY: i64 = 1_740_787_200;

#[test]
fn sums_of_openai_are_rows_that_add_up() {
    let results = [
        r#"{"input_tokens":1000,"output_tokens":500,"input_cached_tokens":800,"input_audio_tokens":7,"output_audio_tokens":3,"num_model_requests":5,"project_id":null,"model":"gpt-4o","batch":false}"#,
        r#"{"input_tokens":1000,"output_tokens":500,"input_cached_tokens":800,"num_model_requests":5,"project_id":"proj_1","model":"gpt-4o","batch":true}"#,
        r#"{"input_tokens":100,"input_cached_tokens":20,"input_cache_write_tokens":5,"input_text_tokens":60,"input_audio_tokens":15,"input_image_tokens":0,"output_tokens":9,"output_text_tokens":6,"output_audio_tokens":3,"num_model_requests":1,"model":"gpt-5","service_tier":"priority"}"#,
        r#"{"input_tokens":100,"input_cached_tokens":20,"input_text_tokens":85,"input_cached_text_tokens":18,"input_audio_tokens":15,"input_cached_audio_tokens":2,"output_tokens":9,"num_model_requests":1,"model":"gpt-5","service_tier":"flex"}"#,
        r#"{"input_tokens":9000000000,"output_tokens":1,"num_model_requests":5000000000,"model":"o3"}"#,
    ];
    let (_dir, store) = store();
    let first = take(&store, Format::OpenaiUsage, &page(DAY, DAY + 86_400, &results.join(",\n")));
    assert_eq!((first.new, first.rejected), (7, 0), "{:?}", rejects(&first));
    let kept = rows(&store);
    assert!(kept.iter().all(|row| row.at.as_second() == DAY));
    let of = |model: &str, tier: &str| -> Vec<&Event> {
        kept.iter().filter(|row| row.model == model && row.tier == tier).collect()
    };
    let one = of("gpt-4o", "standard")[0];
    let audio =
        Tokens { input: 200, cached: 800, audio_input: 7, output: 500, audio_output: 3, ..NONE };
    assert_eq!((one.tokens, one.calls), (audio, 5));
    assert_eq!(
        of("gpt-4o", "batch")[0].tokens,
        Tokens { input: 200, cached: 800, output: 500, ..NONE }
    );
    let new = Tokens {
        input: 60,
        cached: 20,
        cache_write: 5,
        audio_input: 15,
        output: 6,
        audio_output: 3,
        ..NONE
    };
    assert_eq!(of("gpt-5", "priority")[0].tokens, new);
    let inclusive = Tokens { input: 67, cached: 20, audio_input: 13, output: 9, ..NONE };
    assert_eq!(of("gpt-5", "flex")[0].tokens, inclusive);
    let large = of("o3", "standard");
    assert_eq!(large.len(), 3);
    assert_eq!(large.iter().map(|row| u64::from(row.tokens.input)).sum::<u64>(), 9_000_000_000);
    assert_eq!(large.iter().map(|row| u64::from(row.calls)).sum::<u64>(), 5_000_000_000);

    let again = take(&store, Format::OpenaiUsage, &page(DAY, DAY + 86_400, &results.join(",")));
    assert_eq!((again.new, again.duplicate), (0, 7), "{:?}", rejects(&again));
    // A later answer that says more of the same stretch is another sum, and is listed.
    let more = results[0].replace("1000", "1001");
    let more = take(&store, Format::OpenaiUsage, &page(DAY, DAY + 86_400, &more));
    assert_eq!((more.new, more.rejected), (0, 1));
    assert!(rejects(&more)[0].1.starts_with("`id` is that of another row"));
}

#[test]
fn sums_of_openai_that_are_no_rows_are_written_down_with_the_reason() {
    let good = r#"{"input_tokens":10,"output_tokens":5,"num_model_requests":5,"model":"m"}"#;
    let day = DAY + 86_400;
    let table = [
        (page(DAY + 1, day + 1, good), "the bucket spans midnight UTC"),
        (page(DAY * 1000, day * 1000, good), "expected seconds since 1970"),
        (page(day, DAY, good), "the bucket ends before it begins"),
        (page(DAY, day, &good.replace(r#""m""#, "null")), "nothing says `model`"),
        (page(DAY, day, &good.replace("10", "-10")), "`-10` is not a count"),
        (page(DAY, day, &good.replace("10", &"9".repeat(30))), "is not a count"),
        (page(DAY, day, &good.replace("10", "18000000000000000000")), "beyond what can be counted"),
        (
            page(DAY, day, &good.replace(":5,\"model", ":1,\"model").replace("10", "9000000000")),
            "1 calls cannot have used",
        ),
        (page(DAY, day, &good.replace(":5,\"model", ":0,\"model")), "expected a call at least"),
        (page(DAY, day, &good.replace("10,", "10,\"input_cached_tokens\":11,")), "do not add up"),
        (page(DAY, day, &good.replace("10,", "10,\"input_text_tokens\":9,")), "do not add up"),
        (r#"{"data":[{"start_time":1}]}"#.into(), "not a bucket of usage: missing field"),
        (page(DAY, day, good)[..90].into(), "the JSON breaks off"),
    ];
    for (text, expected) in table {
        let (_dir, store) = store();
        let none = Defaults { model: None, ..defaults() };
        let imported = take_with(&store, Format::OpenaiUsage, &text, &none);
        let found = rejects(&imported);
        assert_eq!((imported.new, found.len()), (0, 1), "{expected}: {found:?}");
        assert!(found[0].1.contains(expected), "`{}` should say `{expected}`", found[0].1);
        if text.ends_with('}') && text.starts_with("{\"object") {
            assert_eq!(found[0].0, 3, "the line of the sum");
        }
    }
}

#[test]
fn columns_are_found_under_the_names_they_have() {
    let mapped = |pairs: &[(&str, &str)]| {
        let columns = pairs.iter().map(|(ours, theirs)| ((*ours).into(), (*theirs).into()));
        Defaults { columns: columns.collect(), ..defaults() }
    };
    let text = "when,ContextTokens,Generated,model,input_tokens,note\n\
                2025-03-01T10:00:00Z,10,5,m,99,x\n";
    let pairs = [("at", "when"), ("input_tokens", "ContextTokens"), ("output_tokens", "Generated")];
    let (_dir, store) = store();
    let imported = take_with(&store, Format::Csv, text, &mapped(&pairs));
    assert_eq!(imported.new, 1, "{:?}", rejects(&imported));
    let row = rows(&store).remove(0);
    assert_eq!((row.tokens, &*row.model), (Tokens { input: 10, output: 5, ..NONE }, "m"));

    let source = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(source.path(), text).unwrap();
    for (pairs, expected) in [
        (
            &[("at", "whenever")][..],
            "has no column `whenever` for `at`; it has when, ContextTokens,",
        ),
        (&[("att", "when")][..], "`att` is not a column of usage that can be mapped; expected one"),
    ] {
        let error =
            store.import(source.path(), Format::Csv, &mapped(pairs), &mut |_| {}).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
    let error = store
        .import(source.path(), Format::AzureLlm, &mapped(&[("at", "when")]), &mut |_| {})
        .unwrap_err();
    assert!(error.to_string().ends_with("can be mapped in this format"), "{error}");
}

const COSTS: &str =
    "Date,MeterId,MeterName,UnitOfMeasure,Quantity,ResourceId,CostInBillingCurrency";

#[test]
fn costs_of_azure_are_rows_of_the_day() {
    let text = format!(
        "\u{feff}{COSTS}\r\n\
         03/01/2025,m1,gpt-4o-0806-Inp-glbl Tokens,1K,12.345,/r/1,0.03\r\n\
         03/01/2025,m2,gpt-4o-0806-cached-Inp-glbl Tokens,1K,2,/r/1,0.01\r\n\
         2025-03-02,m3,gpt-4o-0806-Batch-Outp-glbl Tokens,1M,0.5,/r/1,0.01\r\n\
         03/01/2025,m1,gpt-4o-0806-Inp-glbl Tokens,1K,5000000.001,/r/2,0.03\r\n\
         03/01/2025,m4,gpt-4o Provisioned Unit,1 Hour,3,/r/1,9\r\n\
         03/01/2025,m1,gpt-4o-0806-Inp-glbl Tokens,1K,-1,/r/3,0.03\r\n\
         13/13/2025,m1,gpt-4o-0806-Inp-glbl Tokens,1K,NaN,/r/4,0.03\r\n\
         03/01/2025,m1\r\n"
    );
    let none = Defaults { model: None, ..defaults() };
    let (_dir, store) = store();
    let first = take_with(&store, Format::AzureCost, &text, &none);
    assert_eq!((first.new, first.rejected), (5, 4), "{:?}", rejects(&first));
    let kept = rows(&store);
    assert!(kept.iter().all(|row| row.model == "gpt-4o-0806"), "{kept:?}");
    let of = |class: fn(&Tokens<u32>) -> u32| -> u64 {
        kept.iter().map(|row| u64::from(class(&row.tokens))).sum()
    };
    assert_eq!(of(|tokens| tokens.input), 12_345 + 5_000_000_001);
    assert_eq!((of(|tokens| tokens.cached), of(|tokens| tokens.output)), (2_000, 500_000));
    assert_eq!((&*kept[4].tier, kept[4].at.to_string()), ("batch", "2025-03-02T00:00:00Z".into()));
    for ((line, reason), (number, expected)) in rejects(&first).iter().zip([
        (6, "does not say whether tokens were read or written"),
        (7, "is negative; a correction is no call"),
        (8, "is not a day; expected one such as"),
        (9, "the row has 2 columns; expected 7"),
    ]) {
        assert_eq!(*line, number);
        assert!(reason.contains(expected), "`{reason}` should say `{expected}`");
    }
    let again = take_with(&store, Format::AzureCost, &text, &none);
    assert_eq!((again.new, again.duplicate, again.rejected), (0, 5, 4));
    // A day that was not over when it was exported says more later; it is listed, and not added.
    let more = text.replace("12.345", "12.346");
    let more = take_with(&store, Format::AzureCost, &more, &none);
    assert_eq!((more.new, more.duplicate, more.rejected), (0, 4, 5));
}

#[test]
fn meters_of_tokens_in_focus_are_rows() {
    let period = "2025-03-01T00:00:00Z,2025-03-02T00:00:00Z";
    let text = format!(
        "ChargeCategory,ChargeClass,ChargePeriodStart,ChargePeriodEnd,ConsumedQuantity,\
         ConsumedUnit,SkuMeter,SkuPriceDetails,ResourceId,BilledCost\n\
         Usage,,{period},125000.0,Tokens,Output tokens,\"{{\"\"x_Model\"\":\"\"o3\"\"}}\",/r/1,1.0\n\
         Usage,,{period},0.25,1M Tokens,gpt-4o Input Tokens,,/r/1,1.0\n\
         Tax,,{period},,,,,,1.0\n\
         Usage,Correction,{period},1.0,Tokens,gpt-4o Input Tokens,,/r/1,1.0\n\
         Usage,,2025-03-01T00:00:00Z,2025-04-01T00:00:00Z,1.0,Tokens,gpt-4o Input Tokens,,/r/2,1.0\n\
         Usage,,{period},1.0,GPU-Hours,gpt-4o Input Tokens,,/r/3,1.0\n\
         Usage,,{period},1.0,Tokens,Input tokens,,/r/4,1.0\n"
    );
    let none = Defaults { model: None, ..defaults() };
    let (_dir, store) = store();
    for (new, duplicate) in [(2, 0), (0, 2)] {
        let imported = take_with(&store, Format::Focus, &text, &none);
        let found = rejects(&imported);
        assert_eq!(
            (imported.new, imported.duplicate, found.len()),
            (new, duplicate, 5),
            "{found:?}"
        );
        for ((line, reason), (number, expected)) in found.iter().zip([
            (4, "`ChargeCategory` is `Tax`; only usage can be calls"),
            (5, "`ChargeClass` is `Correction`; a correction is no call"),
            (6, "the charge period spans midnight UTC"),
            (7, "`ConsumedUnit`: `GPU-Hours` is no unit of tokens"),
            (8, "nothing says `model`"),
        ]) {
            assert_eq!(*line, number);
            assert!(reason.contains(expected), "`{reason}` should say `{expected}`");
        }
    }
    let kept = rows(&store);
    let of = |model: &str| kept.iter().find(|row| row.model == model).unwrap().tokens;
    assert_eq!(of("o3"), Tokens { output: 125_000, ..NONE });
    assert_eq!(of("gpt-4o"), Tokens { input: 250_000, ..NONE });
}

#[test]
fn days_to_come_are_rejected_in_every_format() {
    let tokens = r#"{"input_tokens":1,"output_tokens":2}"#;
    let day = |at: &str| {
        let seconds = at.parse::<jiff::Timestamp>().unwrap().as_second();
        format!(
            r#"{{"start_time":{seconds},"end_time":{},"results":[{{"input_tokens":1,
                "output_tokens":2,"num_model_requests":1,"model":"m"}}]}}"#,
            seconds + 3600
        )
    };
    type Said<'a> = &'a dyn Fn(&str) -> String;
    let sources: [(Format, Said<'_>); 5] = [
        (Format::CloudEvents, &|at| event(at, "", tokens).replace("2025-03-01T10:00:00Z", at)),
        (Format::Litellm, &|at| {
            format!(
                r#"{{"request_id":"{at}","startTime":"{at}","prompt_tokens":1,"completion_tokens":2,
                    "model":"m"}}"#
            )
            .replace('\n', "")
        }),
        (Format::OpenaiUsage, &|at| day(at).replace('\n', "")),
        (Format::AzureCost, &|at| {
            format!("Date,MeterName,Quantity,UnitOfMeasure\n{},gpt-4o Inp Tokens,1,1K", &at[..10])
        }),
        (Format::Focus, &|at| {
            let end = at.replace("T10", "T11").replace("T00", "T01");
            format!(
                "ChargeCategory,ChargePeriodStart,ChargePeriodEnd,ConsumedQuantity,ConsumedUnit,SkuMeter\n\
                 Usage,{at},{end},5,Tokens,gpt-4o Input Tokens"
            )
        }),
    ];
    for (format, said) in sources {
        let (_dir, store) = store();
        let store = store.with_end("2025-03-02T00:00:00Z".parse().unwrap());
        let past = take(&store, format, &said("2025-03-01T10:00:00Z"));
        assert_eq!((past.new, past.rejected), (1, 0), "{format}: {:?}", rejects(&past));
        let future = take(&store, format, &said("2025-03-02T00:00:00Z"));
        assert_eq!((future.new, future.rejected), (0, 1), "{format}");
        let reason = &rejects(&future)[0].1;
        assert!(reason.contains("`2025-03-02T00:00:00Z` is still to come"), "{format}: {reason}");
    }
}
