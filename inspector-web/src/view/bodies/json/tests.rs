use super::*;
use crate::model::{JsonLine, JsonValue, LineOp};
use proptest::prelude::*;

fn lines_of(content: Content) -> (Vec<JsonLine>, Option<String>) {
    match content {
        Content::Json { lines, error, .. } => (lines, error),
        other => panic!("{other:?}"),
    }
}

/// `+ /path key: text`, a line each.
fn shown(content: Content) -> Vec<String> {
    let line = |line: &JsonLine| {
        let op = match line.op {
            None => "",
            Some(LineOp::Add) => "+",
            Some(LineOp::Remove) => "-",
            Some(LineOp::Change) => "~",
        };
        let key = line.key.as_ref().map(|key| format!("{key}: "));
        let before = line.before.as_ref().map(|b| format!("{b} → "));
        let (key, before) = (key.unwrap_or_default(), before.unwrap_or_default());
        format!("{op}{}{key}{before}{}", "  ".repeat(line.depth), line.text)
    };
    lines_of(content).0.iter().map(line).collect()
}

#[test]
fn a_tree_is_flat_with_names_counts_and_paths() {
    let text = br#" {"a":[1,{}],"a":-1.50e400,"b/c":"\u00e9\ud83d\ude00\ud800\n","":null} "#;
    let (lines, error) = lines_of(content(text, false));
    assert_eq!(error, None);
    let expected = [
        (0, None, JsonValue::Object, "{", Some(4), ""),
        (1, Some("a"), JsonValue::Array, "[", Some(2), "/a"),
        (2, None, JsonValue::Number, "1", None, "/a/0"),
        (2, None, JsonValue::Object, "{}", Some(0), "/a/1"),
        (1, None, JsonValue::End, "]", None, "/a"),
        (1, Some("a"), JsonValue::Number, "-1.50e400", None, "/a"),
        (
            1,
            Some("b/c"),
            JsonValue::String,
            "é😀\u{fffd}\n",
            None,
            "/b~1c",
        ),
        (1, Some(""), JsonValue::Null, "null", None, "/"),
        (0, None, JsonValue::End, "}", None, ""),
    ];
    for (line, (depth, key, value, text, count, path)) in lines.iter().zip(expected) {
        let seen = (line.depth, line.key.as_deref(), line.value, &*line.text);
        assert_eq!(seen, (depth, key, value, text));
        assert_eq!((line.count, line.path.as_deref()), (count, Some(path)));
    }
    assert_eq!(lines.len(), expected.len());
}

#[test]
fn json_that_is_cut_or_wrong_is_shown_as_far_as_it_goes() {
    for (text, is_cut, expected, says) in [
        (
            "{\"a\":[1,2",
            true,
            "{|  a: [|    1|    2",
            Some("the rest is not there"),
        ),
        (
            "{\"a\":\"xy",
            true,
            "{|  a: xy",
            Some("a string has no end"),
        ),
        ("{\"a\":tru", true, "{", Some("the rest is not there")),
        ("{\"a\"", true, "{", Some("the rest is not there")),
        ("[1,]", false, "[|  1", Some("this is no value")),
        ("{\"a\":1,}", false, "{|  a: 1", Some("a name is missing")),
        ("[1 2]", false, "[|  1", Some("a comma")),
        ("[01]", false, "[", Some("byte 1")),
        ("[1}", false, "[|  1", Some("byte 2")),
        (
            "{\"a\":1}\n{\"a\":2}\n",
            false,
            "{|  a: 1|}|{|  a: 2|}",
            None,
        ),
        ("", false, "", None),
    ] {
        let (_, error) = lines_of(content(text.as_bytes(), is_cut));
        assert_eq!(error.is_some(), says.is_some(), "{text}: {error:?}");
        let said = error.unwrap_or_default();
        assert!(said.contains(says.unwrap_or_default()), "{text}: {said}");
        assert_eq!(shown(content(text.as_bytes(), is_cut)).join("|"), expected);
    }
}

#[test]
fn depth_costs_no_stack_and_lines_have_a_cap() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let deep = [open.repeat(100_000), "1".into(), close.repeat(100_000)].concat();
        let Content::Json { lines, more, error } = content(deep.as_bytes(), false) else {
            panic!();
        };
        assert_eq!((lines.len() + more, error), (200_001, None));
        assert_eq!(lines.len(), crate::view::bodies::MAX_LINES);
        assert_eq!(lines.last().unwrap().path, None);
        let other = deep.replace('1', "2");
        assert!(matches!(
            difference(other.as_bytes(), deep.as_bytes(), false),
            Content::Json { .. }
        ));
    }
    let long = format!(
        "[{}{{\"{}\":[1]}}]",
        "1,".repeat(50_000),
        "k".repeat(60_000)
    );
    let (lines, _) = lines_of(content(long.as_bytes(), false));
    let paths: usize = lines
        .iter()
        .filter_map(|l| l.path.as_ref())
        .map(String::len)
        .sum();
    assert!(paths < 200_000, "{paths}");
}

#[test]
fn differences_follow_the_structure() {
    let old = br#"{"id":7,"gone":{"x":1},"tags":["a","b","c"],"who":{"name":"Ann","age":30}}"#;
    let new = br#"{"tags":["a","x","c","d"],"id":7,"who":{"age":31,"name":"Ann"},"new":[1]}"#;
    let expected = "{\n\
        -  gone: {\n-    x: 1\n-  }\n\
        \u{20} tags: [\n    a\n~    b → x\n    c\n+    d\n  ]\n\
        \u{20} id: 7\n\
        \u{20} who: {\n~    age: 30 → 31\n    name: Ann\n  }\n\
        +  new: [\n+    1\n+  ]\n\
        }";
    assert_eq!(shown(difference(old, new, false)).join("\n"), expected);
}

#[test]
fn elements_that_moved_along_are_not_changed() {
    let old = br#"[{"id":1},{"id":2},{"id":3}]"#;
    let new = br#"[{"id":2},{"id":3,"x":true}]"#;
    let expected = "[|-  {|-    id: 1|-  }|  {|    id: 2|  }|  {|    id: 3|+    x: true|  }|]";
    assert_eq!(shown(difference(old, new, false)).join("|"), expected);
}

#[test]
fn another_kind_of_value_and_a_duplicate_key_are_told() {
    let told = |old: &str, new: &str| {
        let content = difference(old.as_bytes(), new.as_bytes(), false);
        shown(content).join("|")
    };
    assert_eq!(told("{\"a\":1}", "{\"a\":\"1\"}"), "{|-  a: 1|+  a: 1|}");
    assert_eq!(
        told("{\"a\":1,\"a\":2}", "{\"a\":1,\"a\":3}"),
        "{|  a: 1|~  a: 2 → 3|}"
    );
    assert_eq!(told("{\"a\":1}", "{\"a\":1,\"a\":1}"), "{|  a: 1|+  a: 1|}");
    assert_eq!(
        told("{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}"),
        "{|  b: 2|  a: 1|}"
    );
    assert_eq!(told("[1]", "{}"), "-[|-  1|-]|+{}");
    assert_eq!(told("{}", "{\"a\":1}"), "{|+  a: 1|}");
    let text = difference(b"no json", b"[1]", false);
    assert!(matches!(text, Content::Text { .. }));
}

/// The lines of one side of a difference.
fn side(lines: &[JsonLine], without: LineOp) -> Vec<(usize, Option<String>, String)> {
    let there = lines.iter().filter(|l| l.op != Some(without));
    there
        .map(|line| {
            let text = match (&line.before, without) {
                (Some(before), LineOp::Add) => before,
                _ => &line.text,
            };
            (line.depth, line.key.clone(), text.clone())
        })
        .collect()
}

fn values() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        (0..4_u8).prop_map(Into::into),
        "[a-c\"\\\\é]{0,2}".prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
            proptest::collection::hash_map("[a-d]", inner, 0..4)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn a_difference_holds_both_values(old in values(), new in values()) {
        let (old, new) = (old.to_string(), new.to_string());
        let (lines, _) = lines_of(difference(old.as_bytes(), new.as_bytes(), false));
        // Empty containers that get members have an end then: compare what has a value.
        let leaves = |mut side: Vec<(usize, Option<String>, String)>| {
            side.retain(|(_, key, text)| key.is_some() || !matches!(&**text, "{" | "}" | "[" | "]" | "{}" | "[]"));
            side.iter_mut().for_each(|(_, _, text)| *text = text.replace("{}", "{").replace("[]", "["));
            side.sort();
            side
        };
        let whole = |text: &str| leaves(side(&lines_of(content(text.as_bytes(), false)).0, LineOp::Remove));
        prop_assert_eq!(leaves(side(&lines, LineOp::Remove)), whole(&new));
        prop_assert_eq!(leaves(side(&lines, LineOp::Add)), whole(&old));
        let same = old == new;
        let marked = lines.iter().any(|l| l.op.is_some());
        let equal = serde_json::from_str::<serde_json::Value>(&old).unwrap()
            == serde_json::from_str::<serde_json::Value>(&new).unwrap();
        prop_assert_eq!(equal, !marked);
        prop_assert!(!same || equal);
    }

    #[test]
    fn what_serde_takes_is_read_whole(value in values()) {
        let text = serde_json::to_string_pretty(&value).unwrap();
        let (lines, error) = lines_of(content(text.as_bytes(), false));
        prop_assert_eq!(error, None);
        for line in lines.iter().filter(|l| l.value != JsonValue::End) {
            let found = value.pointer(line.path.as_deref().unwrap()).unwrap();
            match found {
                serde_json::Value::String(text) => prop_assert_eq!(text, &line.text),
                serde_json::Value::Array(list) => prop_assert_eq!(Some(list.len()), line.count),
                serde_json::Value::Object(map) => prop_assert_eq!(Some(map.len()), line.count),
                scalar => prop_assert_eq!(&scalar.to_string(), &line.text),
            }
        }
    }
}
