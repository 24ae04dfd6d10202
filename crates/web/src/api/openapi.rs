//! What the API is, for programs: OpenAPI 3.1, made of the command line's own tree.

use std::sync::LazyLock;

use axum::http::{Method, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use shell::cli::{Argument, Path, Verb};
use shell::commands::effect::Effect;
use utoipa::openapi::path::{
    HttpMethod, Operation, OperationBuilder, ParameterBuilder, ParameterIn,
};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::schema::{
    ArrayBuilder, ArrayItems, ComponentsBuilder, ObjectBuilder, OneOfBuilder, Schema, SchemaFormat,
    SchemaType, Type,
};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    ContentBuilder, InfoBuilder, OpenApi, OpenApiBuilder, PathItem, PathsBuilder, Ref, RefOr,
    Required, ResponsesBuilder,
};

use super::answer::JSON;
use super::events::LINES;
use super::list::LIMIT;
use super::problem::{Kind, MEDIA_TYPE};
use super::{VERBS, is_hidden, is_who, methods};

static TEXT: LazyLock<String> =
    LazyLock::new(|| serde_json::to_string_pretty(&api()).unwrap_or_default());

/// The name under which tokens are described.
const TOKEN: &str = "token";

/// Answers with the description.
pub async fn document() -> Response {
    ([(header::CONTENT_TYPE, JSON)], TEXT.as_str()).into_response()
}

/// The whole description.
pub fn api() -> OpenApi {
    let mut paths = PathsBuilder::new();
    for verb in served() {
        let mut item: Option<PathItem> = None;
        for method in methods(verb) {
            let (method, operation) = match method {
                Method::GET => (HttpMethod::Get, asked_for(verb)),
                Method::POST => (HttpMethod::Post, sent(verb)),
                // A GET whose body is left out.
                _ => continue,
            };
            let one = PathItem::new(method, operation);
            match &mut item {
                None => item = Some(one),
                Some(item) => item.merge_operations(one),
            }
        }
        if let Some(item) = item {
            paths = paths.path(path(verb), item);
        }
    }
    let paths = paths.path("/api/v1/events", PathItem::new(HttpMethod::Get, events()));
    let calls = PathItem::new(HttpMethod::Post, cloudevents());
    let paths = paths.path("/api/v1/cloudevents", calls);
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(
        "A token that a person made for a program. It is shown once, and may do no more than the person.",
    ));
    let components = ComponentsBuilder::new()
        .schema("Problem", problem())
        .security_scheme(TOKEN, SecurityScheme::Http(bearer.build()))
        .build();
    let info = InfoBuilder::new()
        .title("Charterparty")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Compute partnerships as code. Every command of `charter` under its own name: what reads is asked \
             for by GET, what changes something is sent by POST.",
        ));
    OpenApiBuilder::new()
        .info(info.build())
        .paths(paths)
        .components(Some(components))
        .security(Some([SecurityRequirement::new(TOKEN, Vec::<String>::new())]))
        .build()
}

/// The verbs that can be asked for here.
pub fn served() -> impl Iterator<Item = &'static Verb> {
    VERBS.iter().filter(|verb| !matches!(verb.effect, Effect::Local(_)))
}

/// Where a verb is.
pub fn path(verb: &Verb) -> String {
    format!("/api/v1/{}", verb.words.replace(' ', "/"))
}

/// The arguments of a verb that can be given here.
pub fn offered(verb: &Verb) -> impl Iterator<Item = &Argument> {
    verb.arguments.iter().filter(|argument| !is_hidden(verb, argument) && !is_who(argument))
}

fn operation(verb: &Verb, method: &str) -> OperationBuilder {
    let group = verb.words.split(' ').next().unwrap_or_default();
    OperationBuilder::new()
        .tag(group)
        .operation_id(Some(format!("{method}_{}", verb.words.replace([' ', '-'], "_"))))
        .summary(Some(verb.about.clone()))
        .description(Some(verb.notes.clone()).filter(|notes| !notes.is_empty()))
}

fn asked_for(verb: &Verb) -> Operation {
    let changing = match verb.effect {
        Effect::ChangesWith(argument) => Some(argument),
        _ => None,
    };
    // Files have no place in a query.
    let in_query =
        |argument: &&Argument| argument.path.is_none() && Some(argument.name.as_str()) != changing;
    let mut operation = operation(verb, "get");
    for argument in offered(verb).filter(in_query) {
        operation = operation.parameter(
            ParameterBuilder::new()
                .name(&argument.name)
                .parameter_in(ParameterIn::Query)
                .required(required(argument))
                .description(Some(&argument.help))
                .schema(Some(schema(argument))),
        );
    }
    if verb.argument("after").is_none() {
        operation = operation.parameter(whole("after", 0, None, "How many of a list are left out"));
    }
    if verb.argument("limit").is_none() {
        operation =
            operation.parameter(whole("limit", 1, Some(LIMIT), "How many of a list are shown"));
    }
    let statuses = [400, 401, 403, 404, 405, 409, 422, 429, 500, 503];
    let ok = ResponseBuilder::new()
        .description("The answer. `Charter-Answer` says whether it is yes or no; `Link` where a list goes on.")
        .content(JSON, anything())
        .content("text/plain", anything())
        .content("text/csv", anything())
        .content("text/markdown", anything())
        .content(LINES, anything())
        .content("application/pdf", anything())
        .content("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", anything())
        .content("application/octet-stream", anything());
    let unchanged = ResponseBuilder::new().description("The answer is what `If-None-Match` names.");
    let responses = problems(&statuses).response("200", ok).response("304", unchanged);
    operation.responses(responses).build()
}

fn sent(verb: &Verb) -> Operation {
    let mut object = ObjectBuilder::new().schema_type(Type::Object).additional_properties(Some(
        utoipa::openapi::schema::AdditionalProperties::FreeForm(false),
    ));
    for argument in offered(verb) {
        object = object.property(&argument.name, schema(argument));
        // Whoever speaks for a party need not say for which.
        if argument.required && argument.name != "by" {
            object = object.required(&argument.name);
        }
    }
    let object = Schema::Object(object.build());
    let content = || ContentBuilder::new().schema(Some(object.clone())).build();
    let body = RequestBodyBuilder::new()
        .required(Some(Required::False))
        .content(JSON, content())
        .description(Some("The same as a form with files (`multipart/form-data`) is read, too."));
    let mut operation = operation(verb, "post").request_body(Some(body.build()));
    if verb.effect != Effect::Reads {
        operation = operation.parameter(
            ParameterBuilder::new()
                .name("Idempotency-Key")
                .parameter_in(ParameterIn::Header)
                .required(Required::False)
                .description(Some(
                    "A request that is sent again under its key within 24 hours is carried out once.",
                ))
                .schema(Some(
                    ObjectBuilder::new()
                        .schema_type(Type::String)
                        .pattern(Some("^[!-~]+$"))
                        .min_length(Some(1))
                        .max_length(Some(200)),
                )),
        );
    }
    let ok = ResponseBuilder::new()
        .description("What was done, or the answer.")
        .content(JSON, anything())
        .content("text/plain", anything())
        .content("text/markdown", anything());
    let statuses = [400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 500, 503];
    operation.responses(problems(&statuses).response("200", ok)).build()
}

fn events() -> Operation {
    let last = ParameterBuilder::new()
        .name("Last-Event-ID")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some("Where a stream broke off: what follows is sent."))
        .schema(Some(ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0))));
    let ok = ResponseBuilder::new()
        .description(
            "The events, one a line; or, for `Accept: text/event-stream`, a stream that goes on.",
        )
        .content(LINES, anything())
        .content("text/event-stream", anything());
    let unchanged = ResponseBuilder::new().description("The answer is what `If-None-Match` names.");
    let statuses = [400, 401, 403, 404, 405, 409, 422, 429, 500, 503];
    OperationBuilder::new()
        .tag("events")
        .operation_id(Some("get_events"))
        .summary(Some("The journal's events, as far as you may see them"))
        .parameter(whole("after", 0, None, "Only what was seen after this position"))
        .parameter(whole("limit", 1, Some(LIMIT), "How many at most, of a page"))
        .parameter(last)
        .responses(problems(&statuses).response("200", ok).response("304", unchanged))
        .build()
}

fn cloudevents() -> Operation {
    let body = |kind: &str| (kind.to_string(), anything());
    let kinds = ["application/cloudevents+json", "application/cloudevents-batch+json"].map(body);
    let request = kinds
        .into_iter()
        .fold(RequestBodyBuilder::new(), |request, (kind, content)| request.content(kind, content));
    let ok = ResponseBuilder::new()
        .description(
            "What came of it: how many calls were new or known, and which events are no calls",
        )
        .content(JSON, anything());
    let statuses = [400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 500, 503];
    OperationBuilder::new()
        .tag("usage")
        .operation_id(Some("post_cloudevents"))
        .summary(Some("Metered calls as CloudEvents: in headers, in JSON, or many in JSON"))
        .request_body(Some(request.build()))
        .responses(problems(&statuses).response("200", ok))
        .build()
}

/// The problems that are answered with these statuses.
fn problems(statuses: &[u16]) -> ResponsesBuilder {
    let kinds = Kind::ALL.into_iter().filter(|kind| statuses.contains(&kind.status()));
    kinds.fold(ResponsesBuilder::new(), |responses, kind| {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem")));
        let response =
            ResponseBuilder::new().description(kind.title()).content(MEDIA_TYPE, content.build());
        responses.response(kind.status().to_string(), response)
    })
}

fn whole(name: &str, least: usize, most: Option<usize>, about: &str) -> ParameterBuilder {
    let number = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(least)).maximum(most);
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(about))
        .schema(Some(number))
}

fn required(argument: &Argument) -> Required {
    if argument.required { Required::True } else { Required::False }
}

/// Any answer: what a command prints as JSON is described with the command.
fn anything() -> utoipa::openapi::Content {
    ContentBuilder::new()
        .schema(Some(ObjectBuilder::new().schema_type(SchemaType::AnyValue)))
        .build()
}

/// What may stand for an argument.
fn schema(argument: &Argument) -> RefOr<Schema> {
    let one: Schema = match argument.path {
        _ if argument.boolean => kind(Type::Boolean, &argument.help),
        Some(Path::Kept) => kind(Type::Boolean, &argument.help),
        Some(_) => file(&argument.help),
        None => {
            let mut text = ObjectBuilder::new()
                .schema_type(Type::String)
                .description(Some(&argument.help))
                .enum_values(Some(argument.values.clone()).filter(|values| !values.is_empty()));
            if let Some(default) = argument.default.clone().filter(|_| !argument.repeated) {
                text = text.default(Some(Value::String(default)));
            }
            let is_number =
                ["N", "EVENTS", "POSITION", "HOURS"].contains(&argument.value_name.as_str());
            if is_number {
                // A number as text is one, too, for those who have queries alone.
                text = text.schema_type(Type::String).pattern(Some("^[0-9]+$"));
            }
            Schema::Object(text.build())
        }
    };
    match argument.repeated {
        true => Schema::Array(ArrayBuilder::new().items(items(one)).build()).into(),
        false => one.into(),
    }
}

fn items(one: Schema) -> ArrayItems {
    ArrayItems::RefOrSchema(Box::new(one.into()))
}

fn kind(kind: Type, about: &str) -> Schema {
    let object = ObjectBuilder::new().schema_type(kind).description(Some(about));
    Schema::Object(object.build())
}

/// A file: its text, or an object with that or with bytes.
fn file(about: &str) -> Schema {
    let text =
        |about: &str| ObjectBuilder::new().schema_type(Type::String).description(Some(about));
    let bytes = text("Its bytes, in base64")
        .format(Some(SchemaFormat::Custom("byte".to_string())))
        .content_encoding("base64");
    let name = || text("What it is called").pattern(Some("^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"));
    let closed = utoipa::openapi::schema::AdditionalProperties::FreeForm(false);
    let with = |content: &str, schema: ObjectBuilder| {
        ObjectBuilder::new()
            .schema_type(Type::Object)
            .property("name", name())
            .property(content, schema)
            .required(content)
            .additional_properties(Some(closed.clone()))
    };
    Schema::OneOf(
        OneOfBuilder::new()
            .description(Some(about))
            .item(text("Its text"))
            .item(with("text", text("Its text")))
            .item(with("base64", bytes))
            .build(),
    )
}

/// What a problem says.
fn problem() -> Schema {
    let texts = [
        ("type", "What kind of problem it is: a place on the page of the API"),
        ("title", "The kind, in words"),
        ("detail", "What is wrong this time"),
        ("instance", "What was asked for"),
        ("help", "What to do about it"),
        ("parameter", "The parameter that is wrong"),
        ("clause", "The clause under which it is refused"),
        ("guard", "The guard of sourcing that refuses it"),
        ("code", "The code of the finding, as `explain` takes it"),
        ("place", "The line of a document, as `hosting.md:31`"),
    ];
    let object = ObjectBuilder::new().schema_type(Type::Object);
    let object = texts
        .iter()
        .fold(object, |object, (name, about)| object.property(*name, kind(Type::String, about)));
    let policies = ArrayBuilder::new().items(items(kind(Type::String, "A policy, by its name")));
    let object = object
        .property("status", kind(Type::Integer, "The HTTP status"))
        .property("policies", policies)
        .required("type")
        .required("title")
        .required("status");
    Schema::Object(object.build())
}

/// A value for an argument, for an example that can be sent.
pub fn example(argument: &Argument) -> Value {
    match argument.path {
        Some(Path::Kept) => json!(true),
        _ if argument.boolean => json!(true),
        Some(_) => json!({ "text": "…" }),
        None if argument.repeated => json!([shown(argument)]),
        None => json!(shown(argument)),
    }
}

fn shown(argument: &Argument) -> String {
    let first = argument.values.first().or(argument.default.as_ref());
    first.cloned().unwrap_or_else(|| match argument.value_name.is_empty() {
        true => argument.name.to_uppercase(),
        false => argument.value_name.clone(),
    })
}
