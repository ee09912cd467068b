use super::*;
use crate::export::samples;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest as _, Sha256};

#[test]
fn the_policy_names_this_script_and_this_style_sheet() {
    for (text, hash, name) in [
        (SCRIPT, SCRIPT_HASH, "SCRIPT_HASH"),
        (STYLE, STYLE_HASH, "STYLE_HASH"),
    ] {
        let now = format!("sha256-{}", STANDARD.encode(Sha256::digest(text)));
        assert_eq!(
            hash, now,
            "{name} in inspector-web/src/export/html.rs is stale: put the right one there"
        );
    }
}

#[test]
fn data_stays_in_its_block() {
    let mut out = Vec::new();
    page(&mut out, &samples::hostile());
    let page = String::from_utf8(out).unwrap();
    let count = |text: &str| page.to_lowercase().matches(text).count();
    assert_eq!(
        (count("<script"), count("</script"), count("<!--")),
        (2, 2, 0)
    );
    assert!(!page.contains(['\u{2028}', '\u{2029}', '\u{202e}', '\u{1b}']));
    let (_, data) = page.split_once("id=\"data\">").unwrap();
    let (data, _) = data.split_once("</script>").unwrap();
    let data: Value = serde_json::from_str(data).unwrap();
    assert_eq!(data["app"].as_str(), Some(&*escape(samples::HOSTILE)));
    assert_eq!(data["steps"].as_array().unwrap().len(), 3);
}

#[test]
fn the_script_writes_text_and_nothing_else() {
    for word in [
        "innerHTML",
        "outerHTML",
        "insertAdjacent",
        "document.write",
        "eval(",
        "Function(",
        "setAttribute(\"on",
        ".style",
        "fetch(",
        "import(",
    ] {
        assert!(!SCRIPT.contains(word), "{word}");
    }
    assert!(!SCRIPT.contains("</script") && !STYLE.contains("</style"));
}
