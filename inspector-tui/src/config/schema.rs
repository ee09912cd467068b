//! The configuration as a JSON schema, for editors. All of it is made of the type that is read and of the table of keys.

use super::{file::File, values::Names};
use crate::keys::bindings;
use schemars::{Schema, SchemaGenerator, generate::SchemaSettings, json_schema};
use serde_json::{Map, Value, json};

/// The schema, as JSON. It is of draft 7, which every editor understands.
pub fn document() -> String {
    let text = serde_json::to_string_pretty(&of_file());
    text.expect("a schema is JSON") + "\n"
}

pub(super) fn of_file() -> Value {
    let generator = SchemaSettings::draft07().into_generator();
    generator.into_root_schema_for::<File>().into()
}

/// The names of all settings.
pub(super) fn settings() -> Vec<String> {
    let schema = of_file();
    let properties = schema["properties"].as_object();
    properties
        .into_iter()
        .flat_map(Map::keys)
        .cloned()
        .collect()
}

/// That of the table of keys: a property for each command of the terminal.
pub(super) fn keys(generator: &mut SchemaGenerator) -> Schema {
    let names = Value::from(generator.subschema_for::<Names>());
    let properties: Map<String, Value> = bindings()
        .map(|binding| {
            let command = json!({
                "allOf": [names],
                "description": binding.what,
                "default": binding.terminal,
            });
            (binding.name.to_owned(), command)
        })
        .collect();
    json_schema!({"type": "object", "properties": properties, "additionalProperties": false})
}
