//! The OpenAPI document, made of the table of [questions](super::routes) and of the types' own schemas.

use super::routes::{Answer, Question, questions};
use crate::model::Problem;
use axum::{http::header, response::IntoResponse};
use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};
use std::sync::LazyLock;

/// Parameters in paths: name, type, what they are.
const IN_PATHS: [(&str, &str, &str); 4] = [
    ("run", "string", "An app run: 12 hexadecimal digits."),
    ("id", "string", "A cycle, as in `Cycle.id`."),
    ("step", "integer", "A step of the cycle, from 0."),
    ("body", "integer", "A body of the cycle, from 0."),
];

/// Parameters in headers of single questions: question, name, what they are.
const IN_HEADERS: [(&str, &str, &str); 1] = [(
    "live",
    "Last-Event-ID",
    "The position after which to go on: the id of the last event that came.",
)];

/// The document as it is served, and committed as `inspector-web/ui/openapi.json`.
static DOCUMENT: LazyLock<String> = LazyLock::new(|| {
    let mut document = document();
    // Another crate of a build may have told serde_json to keep the order of insertion.
    document.sort_all_objects();
    let mut text = serde_json::to_string_pretty(&document).expect("it has only string keys");
    text.push('\n');
    text
});

pub(super) async fn serve() -> impl IntoResponse {
    let kind = [(header::CONTENT_TYPE, "application/json")];
    (kind, DOCUMENT.as_str())
}

fn document() -> Value {
    let settings = SchemaSettings::draft2020_12()
        .for_serialize()
        .with(|s| s.definitions_path = "/components/schemas".into());
    let mut answers = settings.into_generator();
    let problem = answers.subschema_for::<Problem>();
    let paths: Map<String, Value> = questions()
        .iter()
        .map(|question| {
            (
                question.path.into(),
                match question.sent {
                    None => json!({ "get": operation(question, &mut answers) }),
                    Some(_) => json!({ "post": operation(question, &mut answers) }),
                },
            )
        })
        .collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Onionskin inspector",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "What every layer of an axum app did to each request and response. Times are nanoseconds \
                from the start of a cycle, except where a name says otherwise. Strings are raw: what came from a request \
                must be escaped before it is shown.",
            "license": { "name": env!("CARGO_PKG_LICENSE") },
        },
        "security": [{ "token": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
            "responses": {
                "Problem": {
                    "description": "There is no answer: RFC 9457.",
                    "content": { "application/problem+json": { "schema": problem } },
                },
            },
            "schemas": answers.take_definitions(true),
        },
    })
}

fn operation(question: &Question, answers: &mut SchemaGenerator) -> Value {
    let content = match &question.answer {
        Answer::Json(schema) => json!({ "application/json": { "schema": schema(answers) } }),
        Answer::File => json!({ "application/octet-stream": {} }),
        // OpenAPI 3.1 has no word for the schema of one event: it is in the components, the name is its tag.
        Answer::Events(schema) => {
            let event = schema(answers);
            json!({ "text/event-stream": { "schema": { "type": "string" }, "x-event": event } })
        }
    };
    let mut parameters = in_path(question.path);
    parameters.extend(in_query(question));
    parameters.extend(in_headers(question.name));
    let mut operation = json!({
        "operationId": question.name,
        "summary": question.what,
        "parameters": parameters,
        "responses": {
            "200": { "description": question.what, "content": content },
            "default": { "$ref": "#/components/responses/Problem" },
        },
    });
    if let Some(sent) = question.sent {
        let schema = sent(answers);
        operation["requestBody"] =
            json!({ "required": true, "content": { "application/json": { "schema": schema } } });
    }
    operation
}

fn in_path(path: &str) -> Vec<Value> {
    let names = path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let parameter = |name: &str| {
        let known = IN_PATHS.iter().find(|(known, ..)| *known == name);
        let (_, kind, what) = known.unwrap_or_else(|| panic!("say what {{{name}}} is in IN_PATHS"));
        let schema = match *kind {
            "integer" => json!({ "type": kind, "minimum": 0 }),
            kind => json!({ "type": kind }),
        };
        json!({ "name": name, "in": "path", "required": true, "description": what, "schema": schema })
    };
    names.map(parameter).collect()
}

fn in_query(question: &Question) -> Vec<Value> {
    let Some(query) = question.query else {
        return Vec::new();
    };
    let settings = SchemaSettings::draft2020_12().with(|s| s.inline_subschemas = true);
    let schema = query(&mut settings.into_generator()).to_value();
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let properties = schema["properties"].as_object().cloned();
    let parameter = |(name, mut schema): (String, Value)| {
        let what = schema["description"].take();
        if let Some(schema) = schema.as_object_mut() {
            schema.remove("description");
            schema.remove("default");
            // One that is left out is null to us; null can't be written in a query.
            if let Some(Value::Array(kinds)) = schema.get("type").cloned() {
                let kind = kinds.into_iter().find(|kind| kind != "null");
                schema.insert("type".into(), kind.unwrap_or_default());
            }
        }
        json!({
            "name": name,
            "in": "query",
            "required": required.contains(&json!(name)),
            "description": what,
            "schema": schema,
        })
    };
    properties
        .unwrap_or_default()
        .into_iter()
        .map(parameter)
        .collect()
}

fn in_headers(question: &str) -> Vec<Value> {
    let headers = IN_HEADERS.iter().filter(|(of, ..)| *of == question);
    let parameter = |(_, name, what): &(&str, &str, &str)| {
        let schema = json!({ "type": "integer", "minimum": 0 });
        json!({ "name": name, "in": "header", "required": false, "description": what, "schema": schema })
    };
    headers.map(parameter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_document_is_that_of_the_code() {
        crate::generated::check("ui/openapi.json", &DOCUMENT);
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = document();
        let mut open = vec![&document];
        let mut references = 0;
        while let Some(value) = open.pop() {
            match value {
                Value::Array(values) => open.extend(values),
                Value::Object(fields) => {
                    if let Some(Value::String(target)) = fields.get("$ref") {
                        let pointer = target.strip_prefix('#').unwrap();
                        assert!(document.pointer(pointer).is_some(), "{target}");
                        references += 1;
                    }
                    open.extend(fields.values());
                }
                _ => {}
            }
        }
        assert!(references > 50, "{references}");
    }
}
