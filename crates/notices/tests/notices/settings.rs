use notices::{SecretSource, Settings, Tls};

use crate::common::settings;

fn refusal(text: &str) -> String {
    toml::from_str::<Settings>(text).unwrap_err().message().to_owned()
}

fn smtp(more: &str) -> String {
    format!("[smtp]\nhost = \"smtp.lab.example\"\nfrom = \"charter@lab.example\"\n{more}")
}

fn hook(more: &str) -> String {
    format!("[parties.oracle]\nwebhooks = [{{ {more} }}]")
}

#[test]
fn settings_are_read() {
    let all = settings(&format!(
        "{}\n[parties.oracle]\nemail = [\"deals@oracle.example\"]\n\
         webhooks = [{{ url = \"https://Hooks.Oracle.example:443/a#b\", secret_file = \"o\" }}]",
        smtp("username_env = \"USERNAME\"\npassword_env = \"PASSWORD\"")
    ));
    let server = all.smtp.unwrap();
    assert_eq!((server.port, server.tls), (465, Tls::Required));
    assert!(server.credentials.is_some());
    let oracle = &all.parties["oracle"];
    assert_eq!(oracle.email[0].as_str(), "deals@oracle.example");
    assert_eq!(oracle.webhooks[0].url, "https://hooks.oracle.example/a");
    assert_eq!(oracle.webhooks[0].secret, SecretSource::File("o".into()));
    assert!(!oracle.webhooks[0].allow_private);
    assert_eq!(settings("").parties.len(), 0);
    let server = settings(&smtp("tls = \"opportunistic\"")).smtp.unwrap();
    assert_eq!((server.port, server.tls), (587, Tls::Opportunistic));
}

#[test]
fn what_is_misspelt_is_refused_and_what_could_be_meant_is_named() {
    let rows = [
        ("[smpt]".to_owned(), "unknown field `smpt`, expected `smtp` or `parties`"),
        (
            "[parties.oracle]\nemial = []".to_owned(),
            "unknown field `emial`, expected `email` or `webhooks`",
        ),
        (
            smtp("user = \"me\""),
            "unknown field `user`, expected one of `host`, `port`, `from`, `username_env`, \
             `password_env`, `tls`",
        ),
        (
            smtp("tls = \"yes\""),
            "unknown variant `yes`, expected one of `required`, `opportunistic`, `none`",
        ),
        (
            hook("url = \"https://a.example\", secret = \"whsec_\""),
            "unknown field `secret`, expected one of `url`, `secret_env`, `secret_file`, \
             `allow_private`",
        ),
    ];
    for (text, expected) in rows {
        assert_eq!(refusal(&text), expected, "{text}");
    }
}

#[test]
fn what_would_not_work_or_not_be_safe_is_refused() {
    let no_tls = "`tls = \"none\"` is for a server on this machine; say `host = \"127.0.0.1\"`, or \
                  `tls = \"required\"`";
    let clear = "`tls = \"opportunistic\"` could send the password in the clear; say \
                 `tls = \"required\"`";
    let rows = [
        (smtp("tls = \"none\""), no_tls),
        (smtp("tls = \"opportunistic\"\nusername_env = \"A\"\npassword_env = \"B\""), clear),
        (
            smtp("password_env = \"B\""),
            "`username_env` and `password_env` belong together; state both or none",
        ),
        (
            "[smtp]\nhost = \"smtp.lab.example\"\nfrom = \"charter\"".to_owned(),
            "`charter` is no e-mail address; write `name@example.com`",
        ),
        (
            "[parties.oracle]\nemail = [\"a@b.example\\r\\nBcc: c@d.example\"]".to_owned(),
            "`a@b.example\\r\\nBcc: c@d.example` is no e-mail address; write `name@example.com`",
        ),
        (
            "[parties.oracle]\nemail = [\"deals@oracle.example\"]".to_owned(),
            "`oracle` has an e-mail address, and no mail server is named; add `[notices.smtp]` \
             with `host` and `from`",
        ),
        (
            hook("url = \"https://a.example\""),
            "the webhook `https://a.example/` needs one of `secret_env` and `secret_file`",
        ),
        (
            hook("url = \"https://a.example\", secret_env = \"A\", secret_file = \"b\""),
            "the webhook `https://a.example/` needs one of `secret_env` and `secret_file`",
        ),
        (
            hook("url = \"https://me:words@a.example\", secret_env = \"A\""),
            "`https://a.example/` cannot be a webhook: it holds a password; put it into \
             `secret_env`",
        ),
    ];
    for (text, expected) in rows {
        assert_eq!(refusal(&text), expected, "{text}");
    }
}

#[test]
fn a_webhook_leads_into_a_private_network_only_where_that_is_said() {
    let allowed = |url: &str, private: bool| {
        let text = hook(&format!("url = \"{url}\", secret_env = \"A\", allow_private = {private}"));
        toml::from_str::<Settings>(&text).is_ok()
    };
    let public = ["https://a.example", "https://8.8.8.8/", "https://[2606:4700::1111]/"];
    for url in public {
        assert!(allowed(url, false), "{url}");
        assert!(!allowed(&url.replace("https", "http"), true), "{url} in the clear");
    }
    let private = [
        "https://127.0.0.1",
        "https://127.1",
        "https://2130706433",
        "https://0x7f.1",
        "https://localhost",
        "https://[::1]",
        "https://[::ffff:10.0.0.1]",
        "https://0.0.0.0",
        "https://10.1.2.3",
        "https://172.31.0.1",
        "https://192.168.0.1",
        "https://100.64.0.1",
        "https://169.254.169.254/latest/meta-data",
        "https://[fe80::1]",
        "https://[fd00::1]",
        "https://[64:ff9b::a00:1]",
        "https://[2002:a00:1::]",
        "https://224.0.0.1",
        "https://255.255.255.255",
        "https://[ff02::1]",
        "https://[::]",
    ];
    for url in private {
        assert!(!allowed(url, false), "{url}");
        assert!(allowed(url, true), "{url}");
    }
    for url in ["http://127.0.0.1:9", "http://localhost:9", "http://[::1]:9"] {
        assert!(!allowed(url, false) && allowed(url, true), "{url}");
    }
    for url in ["http://10.0.0.1", "ftp://127.0.0.1", "file:///etc/passwd", "a.example", ""] {
        assert!(!allowed(url, true), "{url}");
    }
}
