//! Calls that other systems metered, taken in and settled.

use crate::workspace::Workspace;

const EVENT: &str = r#"{"specversion":"1.0","type":"call","source":"/meters/7","id":"1","time":"2025-03-01T10:00:00Z","data":{"usage":{"prompt_tokens":1000,"completion_tokens":50,"prompt_tokens_details":{"cached_tokens":600}}}}"#;

const LOG: &str = r#"{"request_id":"chatcmpl-1","prompt_tokens":100,"completion_tokens":30,"startTime":"2025-03-02T10:00:00.250Z","model":"gpt-4","custom_llm_provider":"azure","metadata":{},"end_user":"beta","status":"success"}"#;

const PAGE: &str = r#"{"object":"page","data":[{"object":"bucket","start_time":1740787200,"end_time":1740873600,"results":[{"input_tokens":1000,"output_tokens":500,"num_model_requests":5,"model":"gpt-4"}]}]}"#;

const COSTS: &str = "Date,MeterName,UnitOfMeasure,Quantity\n\
                     03/01/2025,gpt-4-Inp-glbl Tokens,1K,12.345\n";

const FOCUS: &str = "ChargeCategory,ChargePeriodStart,ChargePeriodEnd,ConsumedQuantity,\
                     ConsumedUnit,SkuMeter\n\
                     Usage,2025-03-01T00:00:00Z,2025-03-02T00:00:00Z,125.0,Tokens,Output tokens\n";

const CALLS: &str = "when,prompt,completion,note\n2025-03-04T00:00:00Z,7,8,x\n";

#[test]
fn what_others_metered_is_taken_in_once_and_settled() {
    let workspace = Workspace::adopted();
    let map = ["--map", "at=when", "--map", "input_tokens=prompt", "--map"];
    let map = [&map[..], &["output_tokens=completion"]].concat();
    for (format, text, more) in [
        ("cloudevents", EVENT, &[][..]),
        ("litellm", LOG, &[]),
        ("openai-usage", PAGE, &[]),
        ("azure-cost", COSTS, &[]),
        ("focus", FOCUS, &[]),
        ("csv", CALLS, &map),
    ] {
        let file = workspace.write(format, text);
        let import = ["usage", "import", &file, "--format", format, "--channel", "direct"];
        let import = [&import[..], more].concat();
        let first = workspace.json(&import);
        assert_eq!(
            (&first["new"], &first["rejected"]),
            (&1.into(), &0.into()),
            "{format}: {first}"
        );
        let again = workspace.json(&import);
        assert_eq!((&again["new"], &again["duplicate"]), (&0.into(), &1.into()), "{format}");
    }
    workspace.must(&["settle", "2025-03"]);
}

#[test]
fn what_cannot_be_taken_in_says_what_there_is() {
    let workspace = Workspace::adopted();
    let file = workspace.write("calls.csv", CALLS);
    for (map, code, expected) in [
        ("at=whenever", 3, "has no column `whenever` for `at`; it has when, prompt,"),
        ("att=when", 3, "`att` is not a column of usage that can be mapped"),
        ("at", 2, "expected COLUMN=THEIRS"),
    ] {
        let import =
            ["usage", "import", &file, "--format", "csv", "--channel", "direct", "--map", map];
        let ran = workspace.run(&import);
        assert_eq!(ran.code, code, "{}", ran.stderr);
        // Wherever the terminal's width breaks it.
        let said: Vec<&str> =
            ran.stderr.split_whitespace().filter(|word| !matches!(*word, "│" | "×")).collect();
        let said = said.join(" ");
        assert!(said.contains(expected), "`{said}` should say `{expected}`");
    }
    let file = workspace.write("events.jsonl", &format!("{EVENT}\n{}", &EVENT[..90]));
    let import = ["usage", "import", &file, "--format", "cloudevents", "--channel", "direct"];
    let ran = workspace.run(&import);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(ran.stdout.starts_with("2 rows: 1 new, 0 known already, 1 rejected"), "{}", ran.stdout);
}
