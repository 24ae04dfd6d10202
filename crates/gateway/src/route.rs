//! What a request is by its method and path: whose dialect it speaks, and to which endpoint.

use hyper::Method;

/// Whose client is calling, which decides where the model is named and how a key is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// `/v1/…`: the model is in the body, the key in `Authorization`.
    Direct,
    /// `/openai/v1/…`: as directly, with the key in `api-key` as well.
    AzureV1,
    /// `/openai/deployments/{deployment}/…?api-version=` and `/openai/…?api-version=`.
    AzureDeployment,
}

/// What is called. What makes tokens names a model; what does not is about stored objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// `chat/completions`
    ChatCompletions,
    /// `completions`
    Completions,
    /// `responses`: creating one.
    Responses,
    /// `embeddings`
    Embeddings,
    /// `images/…`
    Images,
    /// `audio/speech`
    Speech,
    /// `audio/transcriptions` and `audio/translations`
    Transcriptions,
    /// `moderations`
    Moderations,
    /// Lists, retrieves, changes or deletes what lives at an upstream, and makes no tokens.
    Stored(Store),
    /// Has tokens made while nobody waits, which are metered when it completes.
    Deferred(Store),
    /// `realtime`: a WebSocket.
    Realtime,
    /// Anything else, of which nobody knows what it costs.
    Unknown,
}

/// What stored objects are kept in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Store {
    /// `models`
    Models,
    /// `files`
    Files,
    /// `uploads`
    Uploads,
    /// `batches`
    Batches,
    /// `responses/{id}`
    Responses,
    /// `chat/completions/{id}`
    ChatCompletions,
    /// `vector_stores`
    VectorStores,
    /// `fine_tuning`
    FineTuning,
    /// `conversations`
    Conversations,
}

/// A request as its path says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route<'a> {
    /// Whose client is calling.
    pub dialect: Dialect,
    /// What it calls.
    pub endpoint: Endpoint,
    /// The deployment named in the path.
    pub deployment: Option<&'a str>,
    /// The path after the dialect's prefix and the deployment, without a slash in front.
    pub rest: &'a str,
}

impl<'a> Route<'a> {
    /// Reads a path; `None` if it is of no dialect, or could be read as another.
    pub fn of(method: &Method, path: &'a str) -> Option<Route<'a>> {
        if is_ambiguous(path) {
            return None;
        }
        let (dialect, deployment, rest) = if let Some(rest) = path.strip_prefix("/v1/") {
            (Dialect::Direct, None, rest)
        } else if let Some(rest) = path.strip_prefix("/openai/v1/") {
            (Dialect::AzureV1, None, rest)
        } else if let Some(rest) = path.strip_prefix("/openai/deployments/") {
            let (deployment, rest) = rest.split_once('/')?;
            (Dialect::AzureDeployment, Some(deployment), rest)
        } else {
            (Dialect::AzureDeployment, None, path.strip_prefix("/openai/")?)
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        Some(Route { dialect, endpoint: endpoint(method, rest), deployment, rest })
    }

    /// The id of the object that a path is about.
    pub fn object(&self) -> Option<&'a str> {
        let (Endpoint::Stored(store) | Endpoint::Deferred(store)) = self.endpoint else {
            return None;
        };
        let below = match store {
            Store::Models => return None,
            Store::ChatCompletions => self.rest.strip_prefix("chat/completions"),
            Store::FineTuning => self.rest.strip_prefix("fine_tuning/jobs"),
            _ => self.rest.find('/').map(|slash| &self.rest[slash..]),
        };
        let id = below?.strip_prefix('/')?.split('/').next()?;
        (!id.is_empty()).then_some(id)
    }
}

/// Whether another reader might see another path in it.
fn is_ambiguous(path: &str) -> bool {
    path.contains("//")
        || path.contains('\\')
        || path.split('/').any(|part| matches!(part, "." | ".."))
        || ["%2f", "%2F", "%2e", "%2E", "%5c", "%5C"].iter().any(|escape| path.contains(escape))
}

fn endpoint(method: &Method, rest: &str) -> Endpoint {
    let posted = method == Method::POST;
    let (first, below) = rest.split_once('/').map_or((rest, None), |(a, b)| (a, Some(b)));
    match (first, below) {
        ("chat", Some("completions")) if posted => Endpoint::ChatCompletions,
        ("chat", Some(below)) if is_or_under(below, "completions") => {
            Endpoint::Stored(Store::ChatCompletions)
        }
        ("completions", None) if posted => Endpoint::Completions,
        ("responses", None) if posted => Endpoint::Responses,
        // To compact or count is the work of a model, on what an upstream keeps.
        ("responses", Some(below)) if posted && !below.ends_with("/cancel") => Endpoint::Unknown,
        ("responses", Some(_)) => Endpoint::Stored(Store::Responses),
        ("embeddings", None) if posted => Endpoint::Embeddings,
        ("images", Some("generations" | "edits" | "variations")) if posted => Endpoint::Images,
        ("audio", Some("speech")) if posted => Endpoint::Speech,
        ("audio", Some("transcriptions" | "translations")) if posted => Endpoint::Transcriptions,
        ("moderations", None) if posted => Endpoint::Moderations,
        ("models", None) if method == Method::GET => Endpoint::Stored(Store::Models),
        ("models", Some(_)) => Endpoint::Stored(Store::Models),
        ("files", _) => Endpoint::Stored(Store::Files),
        ("uploads", _) => Endpoint::Stored(Store::Uploads),
        ("batches", None) if posted => Endpoint::Deferred(Store::Batches),
        ("batches", _) => Endpoint::Stored(Store::Batches),
        ("vector_stores", Some(_)) if posted => Endpoint::Deferred(Store::VectorStores),
        ("vector_stores", _) => Endpoint::Stored(Store::VectorStores),
        ("fine_tuning", Some("jobs")) if posted => Endpoint::Deferred(Store::FineTuning),
        ("fine_tuning", Some(_)) => Endpoint::Stored(Store::FineTuning),
        ("conversations", _) => Endpoint::Stored(Store::Conversations),
        ("realtime", None) if method == Method::GET => Endpoint::Realtime,
        _ => Endpoint::Unknown,
    }
}

fn is_or_under(path: &str, top: &str) -> bool {
    path.strip_prefix(top).is_some_and(|below| below.is_empty() || below.starts_with('/'))
}

impl Endpoint {
    /// Where an answer that is no stream reports what it used; `None` where it never does.
    pub fn usage_path(self) -> Option<&'static [&'static str]> {
        match self {
            Endpoint::ChatCompletions
            | Endpoint::Completions
            | Endpoint::Responses
            | Endpoint::Embeddings
            | Endpoint::Images
            | Endpoint::Transcriptions => Some(&["usage"]),
            Endpoint::Speech
            | Endpoint::Moderations
            | Endpoint::Stored(_)
            | Endpoint::Deferred(_)
            | Endpoint::Realtime
            | Endpoint::Unknown => None,
        }
    }

    /// Where an answer says how far something is that is done later, and then in which files its
    /// answers stand; none where it is about no such thing.
    pub fn state_paths(self) -> &'static [&'static [&'static str]] {
        match self {
            Endpoint::Stored(Store::Batches) => {
                &[&["status"], &["output_file_id"], &["error_file_id"]]
            }
            Endpoint::Stored(Store::FineTuning) => &[&["status"], &["result_files"]],
            Endpoint::Stored(Store::Responses) => &[&["status"]],
            _ => &[],
        }
    }

    /// Whether a request names the model that shall answer.
    pub fn names_model(self) -> bool {
        self.usage_path().is_some() || matches!(self, Endpoint::Speech | Endpoint::Moderations)
    }

    /// Whether an answer may be about an object that lives on at its upstream.
    pub fn makes_objects(self) -> bool {
        match self {
            Endpoint::Stored(store) => store != Store::Models,
            Endpoint::Deferred(_) | Endpoint::Responses => true,
            _ => false,
        }
    }

    /// Whether a call costs its customer nothing: moderation is free of charge at every vendor, and
    /// what is stored makes no tokens when it is looked at.
    pub fn is_free(self) -> bool {
        matches!(self, Endpoint::Moderations | Endpoint::Stored(_))
    }

    /// Whether a stream reports usage only when asked to by `stream_options`.
    pub fn must_ask_usage(self) -> bool {
        matches!(self, Endpoint::ChatCompletions | Endpoint::Completions)
    }

    /// The endpoint's name in rows and figures.
    pub fn word(self) -> &'static str {
        match self {
            Endpoint::ChatCompletions => "chat_completions",
            Endpoint::Completions => "completions",
            Endpoint::Responses => "responses",
            Endpoint::Embeddings => "embeddings",
            Endpoint::Images => "images",
            Endpoint::Speech => "speech",
            Endpoint::Transcriptions => "transcriptions",
            Endpoint::Moderations => "moderations",
            Endpoint::Stored(store) | Endpoint::Deferred(store) => store.word(),
            Endpoint::Realtime => "realtime",
            Endpoint::Unknown => "unknown",
        }
    }
}

impl Store {
    fn word(self) -> &'static str {
        match self {
            Store::Models => "models",
            Store::Files => "files",
            Store::Uploads => "uploads",
            Store::Batches => "batches",
            Store::Responses => "stored_responses",
            Store::ChatCompletions => "stored_chat_completions",
            Store::VectorStores => "vector_stores",
            Store::FineTuning => "fine_tuning",
            Store::Conversations => "conversations",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_is_of_one_endpoint() {
        use Dialect::*;
        use Endpoint::*;
        for (method, path, dialect, endpoint, deployment, rest) in [
            ("POST", "/v1/chat/completions", Direct, ChatCompletions, None, "chat/completions"),
            ("POST", "/openai/v1/responses", AzureV1, Endpoint::Responses, None, "responses"),
            (
                "POST",
                "/openai/deployments/mini/chat/completions",
                AzureDeployment,
                ChatCompletions,
                Some("mini"),
                "chat/completions",
            ),
            ("GET", "/openai/files", AzureDeployment, Stored(Store::Files), None, "files"),
            ("POST", "/v1/embeddings/", Direct, Embeddings, None, "embeddings"),
            (
                "GET",
                "/v1/responses/resp_1",
                Direct,
                Stored(Store::Responses),
                None,
                "responses/resp_1",
            ),
            (
                "POST",
                "/v1/responses/resp_1/cancel",
                Direct,
                Stored(Store::Responses),
                None,
                "responses/resp_1/cancel",
            ),
            ("POST", "/v1/responses/compact", Direct, Unknown, None, "responses/compact"),
            (
                "GET",
                "/v1/chat/completions",
                Direct,
                Stored(Store::ChatCompletions),
                None,
                "chat/completions",
            ),
            ("POST", "/v1/chat/completionsx", Direct, Unknown, None, "chat/completionsx"),
            ("POST", "/v1/audio/translations", Direct, Transcriptions, None, "audio/translations"),
            ("POST", "/v1/batches", Direct, Deferred(Store::Batches), None, "batches"),
            (
                "POST",
                "/v1/batches/b/cancel",
                Direct,
                Stored(Store::Batches),
                None,
                "batches/b/cancel",
            ),
            (
                "GET",
                "/v1/chat/completions/c/messages",
                Direct,
                Stored(Store::ChatCompletions),
                None,
                "chat/completions/c/messages",
            ),
            (
                "POST",
                "/v1/conversations",
                Direct,
                Stored(Store::Conversations),
                None,
                "conversations",
            ),
            ("POST", "/v1/videos", Direct, Unknown, None, "videos"),
            ("GET", "/v1/realtime", Direct, Realtime, None, "realtime"),
        ] {
            let method: Method = method.parse().unwrap();
            let found = Route::of(&method, path);
            assert_eq!(found, Some(Route { dialect, endpoint, deployment, rest }), "{path}");
        }
    }

    #[test]
    fn a_path_names_its_object() {
        for (path, expected) in [
            ("/v1/files/file-1/content", Some("file-1")),
            ("/v1/files", None),
            ("/v1/responses/resp_1", Some("resp_1")),
            ("/v1/chat/completions/c_1/messages", Some("c_1")),
            ("/openai/fine_tuning/jobs/ft-1/events", Some("ft-1")),
            ("/v1/fine_tuning/alpha/graders", None),
            ("/v1/models/gpt-4o", None),
            ("/v1/conversations/conv_1/items", Some("conv_1")),
        ] {
            assert_eq!(Route::of(&Method::GET, path).unwrap().object(), expected, "{path}");
        }
    }

    #[test]
    fn a_path_with_two_readings_is_none() {
        for path in [
            "/",
            "/v2/chat/completions",
            "/v1/../admin",
            "/v1/files/..%2f..%2fmodels",
            "/v1//chat/completions",
            "/v1/files/%2e%2e/models",
            "/openai/deployments/mini",
            "/v1/files\\x",
        ] {
            assert_eq!(Route::of(&Method::GET, path), None, "{path}");
        }
    }
}
