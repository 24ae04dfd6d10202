//! The API over the worked example: what is answered, what is refused, and what nobody is told.

#![allow(clippy::unwrap_used)]

mod serving;

use axum::body::Body;
use serde_json::{Value, json};
use serving::{Answer, PEOPLE, Server, asks};
use shell::commands::seen_after;
use web::desk::Room;

/// What the two suppliers ask, with so many figures that no time of day has them by chance.
const ORACLE: &str = "2.351726";
const AMAZON: &str = "2.311726";

/// A round with offers of two suppliers that know nothing of each other.
async fn halls(server: &Server) {
    let request = json!({
        "case": "halls", "quantity": "64_000 GB200", "lot": 8000, "purpose": "training",
        "need-by": "2099-01-01", "months": 60, "price": "USD 2.40",
    });
    done(&server.post("lab", "request", request).await);
    done(&server.post("lab", "tender", json!({ "case": "halls" })).await);
    for (by, price) in [("oracle", ORACLE), ("amazon", AMAZON)] {
        let bid = json!({ "case": "halls", "quantity": 64000, "price": format!("USD {price}") });
        done(&server.post(by, "bid", bid).await);
    }
}

fn done(answer: &Answer) {
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[tokio::test]
async fn each_wrong_request_is_answered_with_its_status_and_a_problem() {
    let server = Server::open();
    halls(&server).await;
    let get = |who: &'static str, path: &'static str| (who, path, None);
    let post = |who: &'static str, path: &'static str, body: Value| (who, path, Some(body));
    for ((who, path, body), status, about) in [
        (get("nobody", "rounds"), 401, None),
        (get("nobody", "events"), 401, None),
        (post("nobody", "sign", json!({ "case": "halls" })), 401, None),
        (get("lab", "nothing"), 404, None),
        (get("lab", "journal"), 404, None),
        (get("lab", "init"), 404, None),
        (get("lab", "keys/new"), 404, None),
        (get("lab", "serve"), 404, None),
        (get("lab", "why?case=other"), 404, None),
        (get("lab", "journal%2Flog%2F..%2F.."), 404, None),
        (get("lab", "sign?case=halls"), 405, None),
        (post("lab", "rounds", json!({})), 405, None),
        (get("lab", "rounds?workspace=%2F"), 422, Some("workspace")),
        (get("lab", "rounds?json=true"), 422, Some("json")),
        (get("lab", "rounds?case=halls&case=other"), 422, Some("case")),
        (get("lab", "rounds?limit=0"), 422, Some("limit")),
        (get("lab", "rounds?limit=x"), 422, Some("limit")),
        (get("lab", "events?after=-1"), 422, Some("after")),
        (get("lab", "events?other=1"), 422, Some("other")),
        (get("lab", "statement?month=2023-11&out=%2Fetc%2Fx"), 422, Some("out")),
        (get("lab", "statement?month=never"), 422, Some("month")),
        (get("lab", "close?month=2023-11"), 422, None),
        (post("lab", "sign", json!({ "case": "halls", "key": "/srv/key" })), 422, Some("key")),
        (post("lab", "sign", json!({})), 422, Some("case")),
        (post("lab", "sign", json!(["halls"])), 400, None),
        (
            post("lab", "settle", json!({ "month": "2023-11", "cluster": "http://x" })),
            422,
            Some("cluster"),
        ),
        (
            post("lab", "adopt", json!({ "files": { "name": "../x.md", "text": "" } })),
            422,
            Some("files"),
        ),
        (post("lab", "adopt", json!({ "all": true, "by": "somebody" })), 422, Some("by")),
        (post("lab", "award", json!({ "case": "halls", "bid": 1 })), 409, None),
        // For somebody else, and what one's role does not do.
        (
            post(
                "oracle",
                "bid",
                json!({ "case": "halls", "by": "amazon", "quantity": 1, "price": "USD 1" }),
            ),
            403,
            None,
        ),
        (post("oracle", "award", json!({ "case": "halls", "bid": 1 })), 403, None),
        (post("observer", "tick", json!({})), 403, None),
        (post("auditor", "settle", json!({ "month": "2023-11" })), 403, None),
        (post("operator", "sign", json!({ "case": "halls", "by": "openai" })), 403, None),
        (get("oracle", "ledger"), 403, None),
        (get("holder", "ledger"), 403, None),
        (get("holder", "journal/prove?position=1"), 403, None),
        (get("holder", "notices"), 403, None),
        (get("product", "rounds"), 403, None),
        // What is hidden is not there.
        (get("oracle", "compare?case=halls"), 404, None),
        (get("holder", "rounds?case=hall"), 404, None),
    ] {
        let answer = match body {
            None => server.get(who, path).await,
            Some(body) => server.post(who, path, body).await,
        };
        let text = answer.text();
        assert_eq!(answer.status, status, "{who} {path}: {text}");
        assert_eq!(answer.header("content-type"), "application/problem+json", "{who} {path}");
        let problem = answer.json();
        assert_eq!(problem["status"], status, "{who} {path}");
        if about.is_some() {
            assert_eq!(problem["parameter"].as_str(), about, "{who} {path}: {text}");
        }
        let folder = server.folder.path().to_str().unwrap();
        assert!(!text.contains(folder) && !text.contains("/tmp/api-"), "{who} {path}: {text}");
    }
}

#[tokio::test]
async fn nobody_is_shown_what_is_hidden_from_them() {
    let server = Server::open();
    halls(&server).await;
    for (who, hidden) in [("oracle", ["amazon", AMAZON]), ("amazon", ["oracle", ORACLE])] {
        for path in ["rounds", "rounds?case=halls", "why?case=halls", "lots"] {
            let answer = server.get(who, path).await;
            done(&answer);
            let text = answer.text();
            assert!(!hidden.iter().any(|hidden| text.contains(hidden)), "{who} {path}: {text}");
        }
    }
    // An offer for what is not there is answered alike, sealed or not: by no names of what is.
    for sealed in [false, true] {
        let bid = json!({ "case": "hall", "quantity": 1, "price": "USD 1", "sealed": sealed });
        let answer = server.post("oracle", "bid", bid).await;
        let told = (answer.status, answer.text().contains("halls"));
        assert_eq!(told, (404, false), "{}", answer.text());
    }
    // Whose need it is sees all of it, and so does who examines it.
    for who in ["lab", "auditor"] {
        let rounds = server.get(who, "rounds").await.json();
        assert_eq!(rounds[0]["bids"].as_array().unwrap().len(), 2, "{who}");
        done(&server.get(who, "compare?case=halls").await);
    }
    let holder = server.get("holder", "events").await.text();
    assert!(!holder.contains(AMAZON) && !holder.contains(ORACLE), "{holder}");
    let all = server.get("auditor", "events").await.text().lines().count();
    assert!(holder.lines().count() < all);
}

#[tokio::test]
async fn a_request_that_is_sent_again_is_carried_out_once() {
    let server = Server::open();
    halls(&server).await;
    let head = async || server.get("auditor", "journal/verify").await.json()["head"].clone();
    let bid = |price: &str| json!({ "case": "halls", "quantity": 8000, "price": price });
    let first = server.post_under("oracle", "bid", bid("USD 2.34"), Some("k1")).await;
    done(&first);
    let before = head().await;
    let again = server.post_under("oracle", "bid", bid("USD 2.34"), Some("k1")).await;
    assert_eq!((again.status, &again.body), (200, &first.body));
    let other = server.post_under("oracle", "bid", bid("USD 2.33"), Some("k1")).await;
    assert_eq!((other.status, &other.json()["parameter"]), (422, &json!("Idempotency-Key")));
    assert_eq!(head().await, before);
    // Even without the answer, sourcing knows the command.
    std::fs::remove_file(server.folder.path().join(".charter/answers.db")).unwrap();
    let known = server.post_under("oracle", "bid", bid("USD 2.34"), Some("k1")).await;
    assert_eq!((known.status, known.json()), (200, json!([])));
    assert_eq!(head().await, before);
    // Another's key is another.
    done(&server.post_under("amazon", "bid", bid("USD 2.34"), Some("k1")).await);
    assert_ne!(head().await, before);
    // A refusal says which guard, and is given again as well.
    let award = json!({ "case": "halls", "bid": 1 });
    let refused = server.post_under("lab", "award", award.clone(), Some("k2")).await;
    assert_eq!(refused.status, 409);
    assert!(refused.json()["guard"].is_string() && refused.json()["help"].is_string());
    let again = server.post_under("lab", "award", award, Some("k2")).await;
    assert_eq!(
        (again.status, again.json()["guard"].clone()),
        (409, refused.json()["guard"].clone())
    );
}

#[tokio::test]
async fn a_sealed_offer_gives_its_secret_once_and_keeps_it_nowhere() {
    let server = Server::open();
    let request = json!({
        "case": "halls", "quantity": "64_000 GB200", "lot": 8000, "purpose": "training",
        "need-by": "2099-01-01", "months": 60, "price": "USD 2.40",
    });
    done(&server.post("lab", "request", request).await);
    let tender = json!({
        "case": "halls", "closes": "2025-02-04T12:00:00-08:00", "reveal-by": "2025-02-06T12:00:00-08:00",
    });
    done(&server.post("lab", "tender", tender).await);
    let bid = json!({ "case": "halls", "quantity": 64000, "price": "USD 2.35", "sealed": true });
    let sealed = server.post_under("oracle", "bid", bid.clone(), Some("s")).await;
    done(&sealed);
    let nonce = sealed.json()["kept"]["sealed"]["nonce"].as_str().unwrap().to_string();
    let again = server.post_under("oracle", "bid", bid, Some("s")).await;
    assert_eq!(again.json()["answer"], sealed.json()["answer"]);
    assert_eq!(again.json()["kept"], json!({}));
    for entry in std::fs::read_dir(server.folder.path().join(".charter")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            let found = bytes.windows(nonce.len()).any(|window| window == nonce.as_bytes());
            assert!(!found, "{}", path.display());
        }
    }
}

#[tokio::test]
async fn what_somebody_has_is_not_sent_again_and_long_lists_come_in_pages() {
    let server = Server::open();
    halls(&server).await;
    let first = server.get("lab", "rounds").await;
    let tag = first.header("etag").to_string();
    let with =
        |tag: &str| asks("lab", "rounds").header("if-none-match", tag).body(Body::empty()).unwrap();
    let unchanged = server.send(with(&tag)).await;
    assert_eq!((unchanged.status, unchanged.body.len()), (304, 0));
    done(
        &server
            .post("oracle", "bid", json!({ "case": "halls", "quantity": 8000, "price": "USD 2" }))
            .await,
    );
    assert_eq!(server.send(with(&tag)).await.status, 200);

    let all = server.get("lab", "journal/log").await.json();
    let (mut pages, mut path) = (Vec::new(), "journal/log?limit=3".to_string());
    loop {
        let page = server.get("lab", &path).await;
        pages.extend(page.json().as_array().unwrap().clone());
        let next = page.header("link").split(['<', '>']).nth(1).map(str::to_string);
        let Some(next) = next else { break };
        path = next.strip_prefix("/api/v1/").unwrap().to_string();
    }
    assert_eq!(Value::from(pages), all);
}

#[tokio::test]
async fn events_go_on_where_they_broke_off() {
    let server = Server::open();
    halls(&server).await;
    let all = server.get("holder", "events").await.text();
    let lines: Vec<_> = all.lines().collect();
    let (mut paged, mut path) = (String::new(), "events?limit=2".to_string());
    loop {
        let page = server.get("holder", &path).await;
        paged += &page.text();
        let Some(next) = page.header("link").split(['<', '>']).nth(1) else { break };
        path = next.strip_prefix("/api/v1/").unwrap().to_string();
    }
    assert_eq!(paged, all);
    // However few are read at once, nothing is missed and nothing comes twice.
    for (who, at_once) in [("microsoft", 1), ("microsoft", 7), ("oracle", 3), ("openai", 5)] {
        let seen = |at_once| {
            let all = move |room: &Room| {
                let (mut seen, mut after) = (Vec::new(), journal::Position::BEFORE_FIRST);
                loop {
                    let more = seen_after(&room.workspace, after, at_once)?;
                    if more.seen.is_empty() {
                        return Ok(seen);
                    }
                    seen.extend(more.seen.iter().map(|seen| (seen.with, seen.event.position)));
                    after = more.through;
                }
            };
            server.desk.read(shell::workspace::Asker::Party(terms::Name::new(who)), all)
        };
        let (few, at_once_all) = (seen(at_once).await.unwrap(), seen(u64::MAX >> 1).await.unwrap());
        assert_eq!(few, at_once_all, "{who}, {at_once} at once");
        assert!(!few.is_empty());
    }
    let ids: Vec<Value> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(ids.iter().all(|event| event["position"].is_u64()), "{all}");
}

#[tokio::test]
async fn bodies_have_an_end_and_a_kind() {
    let server = Server::open();
    let post = |kind: &str, body: Body| {
        asks("lab", "sign").method("POST").header("content-type", kind).body(body).unwrap()
    };
    let large = server.send(post("application/json", Body::from(vec![b' '; 33 << 20]))).await;
    assert_eq!(large.status, 413);
    assert_eq!(server.send(post("text/plain", Body::from("x"))).await.status, 415);
    assert_eq!(server.send(post("application/json", Body::from("{"))).await.status, 400);
    let form = "--x\r\ncontent-disposition: form-data; name=\"files\"; filename=\"../../x.md\"\r\n\r\n\r\n--x--\r\n";
    let trick = asks("lab", "adopt").method("POST");
    let trick = trick.header("content-type", "multipart/form-data; boundary=x");
    assert_eq!(server.send(trick.body(Body::from(form)).unwrap()).await.status, 422);
    // A browser that sends by itself knows the cookie, and not what our pages know.
    let forged = axum::extract::Request::builder().uri("/api/v1/sign").method("POST");
    assert_eq!(server.send(forged.body(Body::empty()).unwrap()).await.status, 401);
}

#[tokio::test]
async fn the_description_names_every_verb_and_every_status() {
    let server = Server::open();
    let request = axum::extract::Request::builder().uri("/api/v1/openapi.json");
    let described = server.send(request.body(Body::empty()).unwrap()).await.json();
    assert!(described["openapi"].as_str().unwrap().starts_with("3.1"));
    let paths = described["paths"].as_object().unwrap();
    let (mut asked, mut undocumented) = (0, Vec::new());
    for (path, item) in paths {
        for (method, operation) in item.as_object().unwrap() {
            for (who, ..) in PEOPLE {
                let path = path.strip_prefix("/api/v1/").unwrap();
                let answer = match method.as_str() {
                    "get" => server.get(who, path).await,
                    "post" if !["tick", "usage/generate", "notices/send"].contains(&path) => {
                        server.post(who, path, json!({})).await
                    }
                    _ => continue,
                };
                asked += 1;
                let known = operation["responses"].get(answer.status.to_string()).is_some();
                if !known || answer.status >= 500 {
                    undocumented.push(format!(
                        "{method} {path} {who} {} {}",
                        answer.status,
                        answer.text()
                    ));
                }
            }
        }
    }
    assert!(asked > 500, "{asked}");
    assert_eq!(undocumented, Vec::<String>::new());
}

#[tokio::test]
async fn calls_come_as_cloudevents_in_every_mode_and_each_once() {
    let server = Server::open();
    let send = |who: &'static str, headers: &[(&str, &str)], body: String| {
        let request = asks(who, "cloudevents").method("POST");
        let request =
            headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        server.send(request.body(Body::from(body)).unwrap())
    };
    let data = r#"{"model":"gpt-4o","channel":"direct","input_tokens":10,"output_tokens":7}"#;
    let event = |id: &str, data: &str| {
        format!(
            r#"{{"specversion":"1.0","type":"call","source":"/meters/7","id":"{id}","time":"2025-01-30T10:00:00Z","data":{data}}}"#
        )
    };
    let (structured, batch) =
        ("application/cloudevents+json", "application/cloudevents-batch+json");
    let one = send("operator", &[("content-type", structured)], event("1", data)).await;
    assert_eq!((one.status, &one.json()["new"]), (200, &json!(1)), "{}", one.text());
    let in_headers = [
        ("content-type", "application/json"),
        ("ce-specversion", "1.0"),
        ("ce-type", "call"),
        ("ce-source", "/meters/7"),
        ("ce-id", "2"),
        ("ce-time", "2025-01-30T10:00:00Z"),
    ];
    assert_eq!(send("operator", &in_headers, data.to_string()).await.json()["new"], 1);
    let wrong = event("4", r#"{"model":"gpt-4o","input_tokens":-1}"#);
    let many = format!("[{},{},{wrong}]", event("1", data), event("3", data));
    let many = send("operator", &[("content-type", batch)], many).await.json();
    assert_eq!((&many["new"], &many["duplicate"]), (&json!(1), &json!(1)), "{many}");
    assert_eq!(many["rejected"][0]["place"], 2, "{many}");
    // What holds no events, and whoever may not.
    assert_eq!(
        send("operator", &[("content-type", "text/plain")], "x".to_string()).await.status,
        422
    );
    assert_eq!(
        send("auditor", &[("content-type", structured)], event("5", data)).await.status,
        403
    );
    assert_eq!(send("nobody", &[("content-type", structured)], event("5", data)).await.status, 401);
}
