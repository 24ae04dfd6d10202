//! Calls from a client's first byte to their rows.
#![allow(clippy::unwrap_used)]

mod common;

use common::*;

const BEFORE: &str = "2025-02-01T12:00:00Z";
const ASK: &str =
    r#"{"model":"gpt-4o","messages":[{"role":"user","content":"planted-prompt"}],"x":1}"#;
const ASK_STREAM: &str = r#"{"model":"gpt-4o","stream":true,"messages":[]}"#;

#[test]
fn a_call_goes_out_as_it_came_and_comes_back_whole() {
    let upstream_ = Upstream::always(completion(11, 5));
    let text = upstream("a", "azure", upstream_.address) + &route("gpt-4o", &["a"]) + &key("");
    let running = Running::start(&text, BEFORE);
    let mut client = running.client();
    for _ in 0..3 {
        let headers = [
            ("authorization", "Bearer sk-test"),
            ("content-type", "application/json"),
            ("x-stainless-lang", "python"),
            ("connection", "keep-alive, x-hop"),
            ("x-hop", "1"),
        ];
        client.send("POST", "/v1/chat/completions?beta=1", &headers, ASK.as_bytes());
        let got = client.receive();
        assert_eq!(got.status, 200);
        assert!(completion(11, 5).ends_with(&got.body));
        assert!(got.header("x-charter-decision").unwrap().starts_with("dec_"));
    }
    let seen = upstream_.seen();
    assert_eq!(seen[0].line(), "POST /v1/chat/completions?beta=1 HTTP/1.1");
    assert_eq!(seen[0].body, ASK.as_bytes());
    assert_eq!(seen[0].header("authorization"), Some(&*format!("Bearer {SECRET}")));
    assert_eq!(seen[0].header("x-stainless-lang"), Some("python"));
    assert_eq!(seen[0].header("x-hop"), None);
    assert_eq!(seen[0].header("host"), Some(&*upstream_.address.to_string()));

    let rows = running.rows();
    assert_eq!(told(&rows), vec!["1 a Complete 200 Reported 11+5"; 3]);
    let row = &rows[0];
    assert_eq!((&*row.model, &*row.host, &*row.customer), ("gpt-4o", "azure", "c"));
    assert_eq!(row.at_ns / 1_000_000_000, 1_738_411_200);
    assert!(row.cost.unwrap() > 0);
}

#[test]
fn a_stream_is_metered_by_usage_its_client_does_not_see() {
    let upstream_ = Upstream::start(|_, _| {
        let events = [delta("a"), delta("b"), usage_event(7, 2), DONE.to_string()];
        let mut steps = vec![Step::Send(stream_head())];
        for event in events {
            steps.push(Step::Send(chunk(&event)));
            steps.push(Step::Wait(5));
        }
        steps.push(Step::Send(b"0\r\n\r\n".to_vec()));
        steps
    });
    let text = upstream("a", "azure", upstream_.address) + &route("gpt-4o", &["a"]) + &key("");
    let running = Running::start(&text, BEFORE);
    let mut client = running.client();

    let plain = |text: &str| delta(text).replace(",\"usage\":null", "");
    let got = client.ask(CHAT, ASK_STREAM);
    assert_eq!(got.text(), format!("{}{}{DONE}", plain("a"), plain("b")));
    let asked = r#"{"model":"gpt-4o","stream":true,"stream_options":{"include_usage":true}}"#;
    let got = client.ask(CHAT, asked);
    assert_eq!(got.text(), format!("{}{}{}{DONE}", delta("a"), delta("b"), usage_event(7, 2)));

    let seen = upstream_.seen();
    assert!(String::from_utf8_lossy(&seen[0].body).contains(r#""include_usage":true"#));
    assert_eq!(seen[1].body, asked.as_bytes());
    assert_eq!(told(&running.rows()), vec!["1 a Complete 200 Reported 7+2"; 2]);
}

#[test]
fn what_the_agreement_forbids_never_leaves() {
    let upstream_ = Upstream::always(completion(1, 1));
    let text = upstream("o", "oci", upstream_.address) + &route("gpt-4o", &["o"]) + &key("");
    let running = Running::start(&text, BEFORE);
    let mut client = running.client();
    let got = client.ask(CHAT, ASK);
    assert_eq!(got.status, 403);
    assert_eq!(got.json()["error"]["charter"]["clauses"][0]["clause"], "exclusivity.api-hosting");
    assert_eq!(got.header("x-should-retry"), Some("false"));
    assert!(upstream_.seen().is_empty());

    // The exclusivity ends on 27 April 2026, at midnight of the agreement's zone.
    running.set_time("2026-04-28T12:00:00Z");
    assert_eq!(client.ask(CHAT, ASK).status, 200);
    // Under the terms as they were before that amendment, it never ended.
    running.gateway().adopt(terms(5), terms::Known::Everything);
    assert_eq!(client.ask(CHAT, ASK).status, 403);
    let rows = told(&running.rows());
    assert_eq!(
        rows,
        ["0  Refused 0 Nothing 0+0", "1 o Complete 200 Reported 1+1", "0  Refused 0 Nothing 0+0"]
    );
}

#[test]
fn only_allowed_candidates_are_asked() {
    let (azure, oci) = (Upstream::always(completion(1, 1)), Upstream::always(completion(2, 2)));
    let text = upstream("o", "oci", oci.address)
        + &upstream("a", "azure", azure.address)
        + &route("gpt-4o", &["o", "a"])
        + &key("");
    let running = Running::start(&text, BEFORE);
    assert_eq!(running.client().ask(CHAT, ASK).status, 200);
    assert!(oci.seen().is_empty());
    assert_eq!(told(&running.rows()), ["1 a Complete 200 Reported 1+1"]);
}

#[test]
fn callers_are_told_what_is_wrong() {
    let upstream_ = Upstream::always(completion(1, 1));
    let text = upstream("a", "azure", upstream_.address)
        + &route("gpt-4o", &["a"])
        + &route("other", &["a"])
        + &key("models = [\"gpt-4o\"]")
        + "[limits]\nbody_bytes = 1000\n";
    let running = Running::start(&text, BEFORE);
    let mut client = running.client();
    let long = format!("{{\"model\":\"{}\"}}", "x".repeat(2000));
    for (path, key, body, status, code) in [
        (CHAT, "sk-other", ASK, 401, "invalid_api_key"),
        ("/v1/../v1/models", "sk-test", ASK, 404, "unknown_url"),
        (CHAT, "sk-test", r#"{"model":"other"}"#, 404, "model_not_found"),
        (CHAT, "sk-test", r#"{"model":"http://10.0.0.1/"}"#, 404, "model_not_found"),
        (CHAT, "sk-test", r#"{"model":"gpt-4o","model":"other"}"#, 400, "invalid_body"),
        (CHAT, "sk-test", "{", 400, "invalid_body"),
        (CHAT, "sk-test", "{}", 400, "invalid_body"),
        (CHAT, "sk-test", &long, 413, "body_too_long"),
        ("/v1/videos", "sk-test", "{}", 403, "unmetered"),
        ("/v1/batches", "sk-test", "{}", 400, "invalid_body"),
        ("/v1/batches", "sk-test", r#"{"input_file_id":"file-1"}"#, 403, "unseen_file"),
        ("/v1/vector_stores/v/search", "sk-test", "{}", 403, "unmetered"),
        ("/v1/audio/speech", "sk-test", r#"{"model":"gpt-4o"}"#, 403, "unmetered"),
    ] {
        let bearer = format!("Bearer {key}");
        let mut client = running.client();
        client.send("POST", path, &[("authorization", &bearer)], body.as_bytes());
        let got = client.receive();
        assert_eq!(got.status, status, "{path} {body:.40}");
        assert_eq!(got.json()["error"]["code"], code, "{path} {body:.40}");
    }
    client.send("GET", "/v1/models", &[("api-key", "sk-test")], b"");
    let models = client.receive().json();
    assert_eq!(models["data"].as_array().unwrap().len(), 1);
    assert_eq!(models["data"][0]["id"], "gpt-4o");
    client.send("GET", "/readyz", &[], b"");
    assert_eq!(client.receive().status, 200);
    assert!(upstream_.seen().is_empty());
}

#[test]
fn azure_clients_and_azure_upstreams_meet() {
    let upstream_ = Upstream::always(completion(3, 1));
    let text = format!(
        "[[upstream]]\nname = \"z\"\nhost = \"azure\"\nurl = \"http://{}\"\ndialect = \"azure\"\napi_version = \"2024-10-21\"\ndeployments = {{ \"gpt-4o\" = \"mine\" }}\n",
        upstream_.address
    ) + &upstream("d", "azure", upstream_.address)
        + &route("to-azure", &["z"])
        + &route("to-direct", &["d"])
        + &key("");
    let running = Running::start(&text, BEFORE);
    let mut client = running.client();
    for (path, body) in [
        ("/v1/chat/completions", r#"{"model":"to-azure","n":1}"#),
        ("/openai/deployments/to-azure/chat/completions?api-version=x", r#"{"n":1}"#),
        ("/openai/deployments/to-direct/chat/completions?api-version=x", r#"{"n":1}"#),
        ("/openai/v1/chat/completions", r#"{"model":"to-direct","n":1}"#),
    ] {
        let headers = [("api-key", "sk-test"), ("content-type", "application/json")];
        client.send("POST", path, &headers, body.as_bytes());
        assert_eq!(client.receive().status, 200, "{path}");
    }
    let deployed = "POST /openai/deployments/mine/chat/completions?api-version=2024-10-21 HTTP/1.1";
    let direct = "POST /v1/chat/completions HTTP/1.1";
    let seen = upstream_.seen();
    let lines: Vec<_> = seen.iter().map(Seen::line).collect();
    assert_eq!(lines, [deployed, deployed, direct, direct]);
    let bodies: Vec<_> = seen.iter().map(|seen| String::from_utf8_lossy(&seen.body)).collect();
    assert_eq!(
        bodies,
        [
            r#"{"model":"to-azure","n":1}"#,
            r#"{"n":1}"#,
            r#"{"model":"gpt-4o","n":1}"#,
            r#"{"model":"gpt-4o","n":1}"#,
        ]
    );
    assert_eq!(seen[0].header("api-key"), Some(SECRET));
    assert_eq!(seen[2].header("api-key"), None);
}

#[test]
fn limits_and_budgets_hold() {
    let upstream_ = Upstream::always(completion(60, 30));
    let common = upstream("a", "azure", upstream_.address) + &route("gpt-4o", &["a"]);
    let text = common.clone() + &key("requests_per_minute = 2");
    let running = Running::start(&text, BEFORE);
    let mut client = running.client();
    let got = client.ask(CHAT, ASK);
    assert_eq!(got.header("x-ratelimit-remaining-requests"), Some("1"));
    assert_eq!(client.ask(CHAT, ASK).status, 200);
    let got = client.ask(CHAT, ASK);
    assert_eq!(
        (got.status, got.json()["error"]["code"].as_str()),
        (429, Some("rate_limit_exceeded"))
    );
    assert!(got.header("retry-after").unwrap().parse::<u32>().unwrap() <= 30);
    // A reload gives nothing back, and an unlimited key is.
    running.gateway().reload(&settings(&text), &OneSecret).unwrap();
    assert_eq!(client.ask(CHAT, ASK).status, 429);
    running.gateway().reload(&settings(&(common.clone() + &key(""))), &OneSecret).unwrap();
    assert_eq!(client.ask(CHAT, ASK).status, 200);

    let ask = r#"{"model":"gpt-4o","max_tokens":40}"#;
    let text = common + &key("budget = { tokens = 200, period = \"month\" }");
    let mut running = Running::start(&text, BEFORE);
    let mut client = running.client();
    assert_eq!(client.ask(CHAT, ask).status, 200);
    assert_eq!(client.ask(CHAT, ask).status, 200);
    let got = client.ask(CHAT, ask);
    assert_eq!(
        (got.status, got.json()["error"]["code"].as_str()),
        (429, Some("insufficient_quota"))
    );
    // What rows say was spent is spent after a restart as well.
    running.gateway.take().unwrap().stop();
    running.gateway = Some(running.begin(&text));
    assert_eq!(running.client().ask(CHAT, ask).status, 429);
    running.set_time("2025-03-01T00:00:00Z");
    assert_eq!(running.client().ask(CHAT, ask).status, 200);
}

#[test]
fn what_no_model_makes_passes_as_it_is() {
    let upstream_ = Upstream::start(|_, seen| {
        let body = [b"file:".to_vec(), seen.body.clone()].concat();
        vec![Step::Send(answer("200 OK", "application/octet-stream", &body))]
    });
    let text = upstream("a", "azure", upstream_.address) + &route("gpt-4o", &["a"]) + &key("");
    let running = Running::start(&text, BEFORE);
    let mut client = running.client();
    let content: Vec<u8> = (0..300_000u32).map(|at| at as u8).collect();
    let headers =
        [("authorization", "Bearer sk-test"), ("content-type", "multipart/form-data; boundary=x")];
    client.send("POST", "/v1/files", &headers, &content);
    let got = client.receive();
    assert_eq!(got.body[5..], content);
    client.send("DELETE", "/v1/files/file-1", &headers[..1], b"");
    assert_eq!(client.receive().body, b"file:");
    assert_eq!(upstream_.seen()[1].line(), "DELETE /v1/files/file-1 HTTP/1.1");
    assert_eq!(told(&running.rows()), vec!["1 a Complete 200 Nothing 0+0"; 2]);
}

#[test]
fn no_prompt_and_no_secret_is_written_anywhere() {
    let upstream_ = Upstream::always(completion(11, 5));
    let text = upstream("a", "azure", upstream_.address) + &route("gpt-4o", &["a"]) + &key("");
    let mut running = Running::start(&text, BEFORE);
    running.client().ask(CHAT, ASK);
    running.client().ask(CHAT, &ASK.replace("gpt-4o", "planted-prompt"));
    running.gateway.take().unwrap().stop();
    let mut files = 0;
    for entry in std::fs::read_dir(running.dir.path().join("rows")).unwrap() {
        let path = entry.unwrap().path();
        let Ok(bytes) = std::fs::read(&path) else { continue };
        files += 1;
        for marker in ["planted-prompt", "sk-test", SECRET, "usage\\\""] {
            assert!(
                memchr::memmem::find(&bytes, marker.as_bytes()).is_none(),
                "{marker} in {path:?}"
            );
        }
    }
    assert!(files > 1);
}

#[test]
fn objects_are_found_where_they_live_and_by_nobody_else() {
    let made = |name: &'static str| {
        Upstream::start(move |_, seen| {
            let id = if seen.line().starts_with("POST") { name } else { "found" };
            let usage = r#""usage":{"input_tokens":1,"output_tokens":1}"#;
            let body = format!(r#"{{"object":"x","id":"{id}",{usage}}}"#);
            vec![Step::Send(answer("200 OK", "application/json", body.as_bytes()))]
        })
    };
    let (first, second) = (made("resp_1"), made("resp_2"));
    let hash = blake3::hash(b"sk-else").to_hex();
    let text = upstream("a", "azure", first.address)
        + &upstream("b", "azure", second.address)
        + &route("gpt-4o", &["b", "a"])
        + &key("")
        + &key("")
            .replace("\"k\"", "\"else\"")
            .replace("\"c\"", "\"d\"")
            .replace(&*blake3::hash(b"sk-test").to_hex(), &hash);
    let mut running = Running::start(&text, BEFORE);
    let ask = r#"{"model":"gpt-4o","input":"x"}"#;
    assert_eq!(running.client().ask("/v1/responses", ask).json()["id"], "resp_2");
    running.gateway.take().unwrap().stop();
    running.gateway = Some(running.begin(&text));

    let mut client = running.client();
    let mut get = |key: &str, path: &str| {
        client.send("GET", path, &[("authorization", &format!("Bearer {key}"))], b"");
        client.receive()
    };
    assert_eq!(get("sk-test", "/v1/responses/resp_2").json()["id"], "found");
    assert_eq!(get("sk-else", "/v1/responses/resp_2").status, 404);
    assert_eq!(get("sk-test", "/v1/responses/resp_unheard").status, 404);
    assert_eq!(get("sk-test", "/v1/files").json()["error"]["code"], "shared_list");
    assert!(first.seen().is_empty());

    let next = r#"{"model":"gpt-4o","input":"x","previous_response_id":"resp_2"}"#;
    assert_eq!(running.client().ask("/v1/responses", next).status, 200);
    let another = r#"{"model":"gpt-4o","input":"x","conversation":{"id":"conv_of_others"}}"#;
    assert_eq!(running.client().ask("/v1/responses", another).status, 404);
    assert_eq!((first.seen().len(), second.seen().len()), (0, 3));
}

#[test]
fn a_route_keeps_to_its_limits() {
    let (slow, fast) = (Upstream::always(completion(1, 1)), Upstream::always(completion(2, 2)));
    let upstreams = upstream("s", "azure", slow.address)
        + "region = \"east\"\n"
        + &upstream("f", "azure", fast.address)
        + "region = \"west\"\n"
        + &key("");
    for (limits, expected) in [
        ("", Some(1)),
        ("regions = [\"west\", \"north\"]", Some(2)),
        ("regions = [\"north\"]", None),
        // The example sells gpt-4o at USD 2.50 and 10.00 a million.
        ("input_price_max = \"2.5\", output_price_max = \"10\"", Some(1)),
        ("input_price_max = \"2.499999\"", None),
        ("output_price_max = \"9.99\"", None),
    ] {
        let route = route("gpt-4o", &["s", "f"]) + &format!("limits = {{ {limits} }}\n");
        let running = Running::start(&(upstreams.clone() + &route), BEFORE);
        let got = running.client().ask(CHAT, ASK);
        match expected {
            Some(read) => assert_eq!(got.json()["usage"]["prompt_tokens"], read, "{limits}"),
            None => assert_eq!(got.json()["error"]["code"], "beyond_route_limits", "{limits}"),
        }
    }
}

#[test]
fn the_cheapest_of_those_allowed_is_asked_first() {
    let (dear, cheap) = (Upstream::always(completion(1, 1)), Upstream::always(completion(2, 2)));
    let text = upstream("d", "azure", dear.address)
        + &upstream("c", "azure", cheap.address)
        + "[[route]]\nname = \"any\"\nstrategy = \"cost\"\ncandidates = [{ model = \"gpt-4o\", upstream = \"d\" }, { model = \"gpt-4o-mini\", upstream = \"c\" }]\n"
        + &key("");
    let running = Running::start(&text, BEFORE);
    assert_eq!(running.client().ask(CHAT, r#"{"model":"any"}"#).status, 200);
    assert_eq!(cheap.seen()[0].body, br#"{"model":"gpt-4o-mini"}"#);
    assert!(dear.seen().is_empty());
}

#[test]
fn a_form_names_its_model_wherever_it_stands() {
    let upstream_ = Upstream::always(answer(
        "200 OK",
        "application/json",
        br#"{"text":"hi","usage":{"type":"tokens","input_tokens":14,"output_tokens":5,"total_tokens":19,"input_token_details":{"audio_tokens":14}}}"#,
    ));
    let text = upstream("a", "azure", upstream_.address) + &route("gpt-4o", &["a"]) + &key("");
    let running = Running::start(&text, BEFORE);
    let part = |name: &str, value: &str| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let file = "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"model\"\r\ncontent-type: audio/wav\r\n\r\n\u{1}name=\"model\"\r\n\r\nx\r\n";
    let headers =
        [("authorization", "Bearer sk-test"), ("content-type", "multipart/form-data; boundary=b")];
    let form = |parts: &[&str]| parts.concat() + "--b--\r\n";
    let model = part("model", "gpt-4o");
    for (body, status) in [
        (form(&[&model, file]), 200),
        (form(&[file, &model]), 200),
        (form(&[file, &model, &part("model", "gpt-5")]), 400),
        (form(&[file, &part("model", "gpt-5")]), 404),
        (form(&[file]), 400),
    ] {
        let mut client = running.client();
        client.send("POST", "/v1/audio/transcriptions", &headers, body.as_bytes());
        assert_eq!(client.receive().status, status, "{body}");
        if status == 200 {
            assert_eq!(upstream_.seen().last().unwrap().body, body.as_bytes());
        }
    }
    let rows = running.rows();
    assert_eq!(told(&rows), vec!["1 a Complete 200 Reported 14+5"; 2]);
    assert_eq!(rows[0].tokens.audio_input, 14);
}

#[test]
fn what_would_happen_can_be_asked() {
    let upstream_ = Upstream::always(completion(1, 1));
    let text = upstream("o", "oci", upstream_.address)
        + &upstream("a", "azure", upstream_.address)
        + &route("gpt-4o", &["o", "a"])
        + &key("");
    let running = Running::start(&text, BEFORE);
    let explanation = running.gateway().explain("k", "gpt-4o").unwrap();
    assert!(explanation.billed);
    let [azure, oci] = &explanation.candidates[..] else { panic!("{explanation:?}") };
    assert!(oci.why_not.as_ref().unwrap().contains("The API runs on Azure and nowhere else."));
    assert_eq!((azure.verdict, &azure.why_not), (rights::Verdict::Permitted, &None));
    // 2.50 and 10.00 for a million tokens.
    assert_eq!(azure.rate.map(|rate| (rate.input, rate.output)), Some((2_500_000, 10_000_000)));
    assert!(running.gateway().explain("k", "other").is_err());
    let got = running.client().ask(CHAT, ASK);
    assert_eq!(got.header("x-charter-decision"), Some(&*azure.decision));
    assert!(upstream_.seen().len() == 1);
}

#[test]
fn speech_is_metered_where_it_says_what_it_used() {
    let upstream_ = Upstream::start(|_, _| {
        let events = [
            "data: {\"type\":\"speech.audio.delta\",\"audio\":\"AAAA\"}\n\n",
            "data: {\"type\":\"speech.audio.done\",\"usage\":{\"input_tokens\":14,\"output_tokens\":101,\"total_tokens\":115}}\n\n",
        ];
        let chunks = events.iter().map(|event| Step::Send(chunk(event)));
        let end = Step::Send(b"0\r\n\r\n".to_vec());
        std::iter::once(Step::Send(stream_head())).chain(chunks).chain([end]).collect()
    });
    let text = upstream("a", "azure", upstream_.address) + &route("gpt-4o", &["a"]) + &key("");
    let running = Running::start(&text, BEFORE);
    let ask = r#"{"model":"gpt-4o","input":"x","voice":"y","stream_format":"sse"}"#;
    assert!(running.client().ask("/v1/audio/speech", ask).text().contains("speech.audio.done"));
    assert_eq!(told(&running.rows()), ["1 a Complete 200 Reported 14+101"]);
}

/// Nothing of a form is put on a disk while its model is looked for behind its file.
#[test]
fn a_form_is_held_up_to_its_limit() {
    let upstream_ = Upstream::always(answer(
        "200 OK",
        "application/json",
        br#"{"text":"x","usage":{"type":"tokens","input_tokens":3,"output_tokens":1}}"#,
    ));
    let text = upstream("a", "azure", upstream_.address)
        + &route("gpt-4o", &["a"])
        + &key("")
        + "[limits]\nbody_bytes = 10\nform_bytes = 2000\n";
    let running = Running::start(&text, BEFORE);
    let kind = ("content-type", "multipart/form-data; boundary=b");
    for (size, status) in [(1000, 200), (2000, 413)] {
        let body = format!(
            "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\n{}\r\n\
             --b\r\ncontent-disposition: form-data; name=\"model\"\r\n\r\ngpt-4o\r\n--b--\r\n",
            "x".repeat(size)
        );
        let mut client = running.client();
        let headers = [("authorization", "Bearer sk-test"), kind];
        client.send("POST", "/v1/audio/transcriptions", &headers, body.as_bytes());
        let got = client.receive();
        assert_eq!(got.status, status, "{}", got.text());
        if status == 413 {
            assert!(got.text().contains("limits.form_bytes"), "{}", got.text());
        }
    }
    assert_eq!(told(&running.rows()), ["1 a Complete 200 Reported 3+1"]);
}
