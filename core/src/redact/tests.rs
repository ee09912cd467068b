//! What is masked, and what is left alone.

use super::*;

fn header(name: &str, value: &str) -> String {
    let mut out = Vec::new();
    let name = http::HeaderName::from_bytes(name.as_bytes()).unwrap();
    put_value(&mut out, class_of(&name), false, value.as_bytes());
    String::from_utf8(out).unwrap()
}

/// The canary must be gone, whatever the header.
#[test]
fn credentials_are_masked() {
    let canary = "canary-5f0e1c";
    for (name, value) in [
        ("authorization", "Bearer canary-5f0e1c"),
        ("authorization", "canary-5f0e1c"),
        ("proxy-authorization", "Basic canary-5f0e1c"),
        ("cookie", "a=canary-5f0e1c; b=canary-5f0e1c"),
        ("cookie", "canary-5f0e1c"),
        ("set-cookie", "sid=canary-5f0e1c; Path=/"),
        ("x-api-key", "canary-5f0e1c"),
        ("apikey", "canary-5f0e1c"),
        ("x-my-session-thing", "canary-5f0e1c"),
        ("x-vault-token", "canary-5f0e1c"),
        ("stripe-signature", "canary-5f0e1c"),
        ("location", "https://user:canary-5f0e1c@host/p?q=1"),
        ("referer", "https://host/p?access_token=canary-5f0e1c&x=1"),
        ("location", "/cb?code=canary-5f0e1c"),
        ("location", "/cb?%74oken=canary-5f0e1c"),
        ("link", "</p?X-Amz-Signature=canary-5f0e1c>; rel=next"),
        ("x-note", "see Bearer canary-5f0e1c ok"),
        ("x-note", "eyJhbGciOiJIUzI1NiJ9.canary-5f0e1c.x"),
        ("x-note", "ghp_0123456789abcanary-5f0e1c"),
        ("x-note", "Bearer 0123456789, Bearer canary-5f0e1c"),
        ("x-note", "-----BEGIN PRIVATE KEY----- canary-5f0e1c"),
        ("x-authorization-note", "canary-5f0e1c"),
        ("location", "https://user:p@canary-5f0e1c@host/p"),
        ("location", "/cb?CODE=canary-5f0e1c"),
        ("location", "/cb?backup_code=canary-5f0e1c"),
        ("x-backup-code", "canary-5f0e1c"),
        ("location", "/cb?next=eyJhbGciOiJIUzI1NiJ9.canary-5f0e1c.x"),
        ("location", "/cb/eyJhbGciOiJIUzI1NiJ9.canary-5f0e1c.x"),
        ("location", "/cb/eyJhbGciOiJIUzI1NiJ9.canary-5f0e1c.x?a=1"),
        ("location", "/cb#access_token=canary-5f0e1c"),
        ("location", "/cb?a=1#access_token=canary-5f0e1c"),
        (
            "location",
            "/cb?token=canary-5f0e1c&next=https://host&mail=ann@host",
        ),
        (
            "location",
            "/cb?token=canary-5f0e1c&db=postgres://ann:p@host/db",
        ),
        ("location", "/in?db=postgres://ann:canary-5f0e1c@host/db"),
        ("location", "/in?next=/cb?token=canary-5f0e1c"),
        ("location", "/in?next=%2Fcb%3Ftoken%3Dcanary-5f0e1c"),
        (
            "location",
            "/in?next=%2fcb%3fpage%3d1%26token%3dcanary-5f0e1c",
        ),
        (
            "link",
            "</p?page=2>; rel=next, </q?token=canary-5f0e1c>; rel=last",
        ),
        ("x-original-uri", "/cb?token=canary-5f0e1c"),
        (
            "hx-current-url",
            "https://host/p?access_token=canary-5f0e1c",
        ),
        ("x-shopify-hmac-sha256", "canary-5f0e1c"),
        ("x-note", "user=ann; password=canary-5f0e1c"),
        ("baggage", "user=ann,token=canary-5f0e1c"),
        ("x-note", "sk_test_0123456789canary-5f0e1c"),
        ("x-note", "rk_live_0123456789canary-5f0e1c"),
        ("x-note", "ASIA0123456789ABcanary-5f0e1c"),
        ("x-note", "AIzaSy0123456789ABCDEFGHIJcanary-5f0e1c"),
        ("x-note", "npm_0123456789abcdef0123456789canary-5f0e1c"),
        ("x-note", "ghr_0123456789abcdefcanary-5f0e1c"),
        ("x-note", "xapp-1-0123456789-canary-5f0e1c"),
    ] {
        let shown = header(name, value);
        assert!(!shown.contains(canary), "{name}: {shown}");
        assert!(shown.contains("[redacted #"), "{name}: {shown}");
    }
}

#[test]
fn what_is_no_credential_is_kept() {
    for (name, value) in [
        ("host", "localhost:3000"),
        ("user-agent", "Mozilla/5.0"),
        ("x-request-id", "0190f3a1-7c2e"),
        ("location", "/books?page=2"),
        ("x-process-time", "12ms"),
        ("location", "/books?author=dickens"),
        ("location", "/books?page=2#chapter-3"),
        ("location", "https://host?mail=ann@host"),
        ("location", "/SLOVAKIA0123456789abcdef"),
        ("access-control-allow-credentials", "true"),
        ("location", "/search?keyword=rust&side=left"),
        ("location", "/in?next=%2Fbooks%3Fpage%3D2"),
        ("location", "/in?next=/books?page=2&from=https://host/p"),
        ("x-request-path", "/books?page=2"),
        ("x-keyword", "rust"),
        ("baggage", "user=ann,page=2"),
        ("x-processor", "4"),
        ("proxy-authenticate", "Basic realm=\"proxy\""),
    ] {
        assert_eq!(header(name, value), value);
    }
}

#[test]
fn scheme_names_and_attributes_are_kept_and_same_values_look_the_same() {
    assert!(header("authorization", "Bearer abcdef").starts_with("Bearer [redacted #"));
    assert!(header("set-cookie", "sid=1; Path=/; HttpOnly").ends_with("]; Path=/; HttpOnly"));
    assert!(header("cookie", "a=1; b=2").starts_with("a=[redacted #"));
    assert_eq!(header("cookie", "a=1"), header("cookie", "a=1"));
    assert_ne!(
        header("x-api-key", "one"),
        header("x-api-key", "two"),
        "one in 65536 runs fails"
    );
}

#[test]
fn a_name_is_not_taken_for_another_that_was_met_before() {
    // Each is like the one before in all by which names that were met are found: length, first, middle and last byte.
    let plain = header("x-tukenza", "canary");
    let secret = header("x-tokenza", "canary");
    assert_eq!(plain, "canary");
    assert!(secret.starts_with("[redacted #"), "{secret}");
    let query = header("location", "/?tuken=plain&token=canary");
    assert!(
        query.starts_with("/?tuken=plain&token=[redacted #"),
        "{query}"
    );
    let body = mask_body(br#"{"tuken":"plain","token":"canary"}"#).expect("it has a token");
    assert!(body.starts_with(br#"{"tuken":"plain","token":"[redacted #"#));
}

#[test]
fn urls_of_spans_are_masked_as_urls() {
    assert_eq!(
        mask_field("url.full", "https://ann:canary@host/p?token=canary&page=2").as_deref(),
        Some("https://[redacted]@host/p?token=[redacted]&page=2")
    );
    assert_eq!(mask_field("url.full", "https://host/p?page=2#top"), None);
    for name in ["uri", "request_uri", "http.target", "note"] {
        let masked = mask_field(name, "/reset?page=2&token=canary").expect(name);
        assert_eq!(masked, "/reset?page=2&token=[redacted]", "{name}");
    }
    let query = mask_field("url.query", "code=canary&page=2");
    assert_eq!(query.as_deref(), Some("code=[redacted]&page=2"));
    let form = mask_field("form", r#"Login { user: "ann", password: "canary" }"#);
    let shown = r#"Login { user: "ann", password: [redacted] }"#;
    assert_eq!(form.as_deref(), Some(shown));
    assert_eq!(mask_field("form", r#"Page { n: 2, of: "token" }"#), None);
}

/// As long as hyper lets a header be. On the thread of the agent, a stack that overflows would end the app.
#[test]
fn a_value_full_of_credentials_takes_no_more_stack_than_another() {
    let value = b"Bearer x,".repeat((400 << 10) / 9);
    let masking = std::thread::Builder::new().stack_size(2 << 20);
    let masked = masking.spawn(move || {
        let mut out = Vec::new();
        assert!(put_value(&mut out, Class::Plain, false, &value));
        out
    });
    let masked = String::from_utf8(masked.unwrap().join().unwrap()).unwrap();
    assert!(!masked.contains("Bearer"));
}

#[test]
fn a_url_of_urls_is_read_once() {
    let begun = std::time::Instant::now();
    for part in [
        "a=?", "?", "://", "a=%3d&", "a=b%3dc?", "=", "eyJ?", "x@://",
    ] {
        let url = ["/?", &part.repeat((400 << 10) / part.len())].concat();
        put_url(&mut Vec::new(), url.as_bytes());
    }
    assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
}

#[cfg(feature = "subscriber")]
#[test]
fn headers_that_are_logged_as_they_are_shown_are_masked_in_a_field_too() {
    let headers = r#"{"x-api-key": "canary", "cookie": "sid=canary", "accept": "*/*"}"#;
    let shown = String::from_utf8(masked_field("headers", headers)).unwrap();
    assert!(!shown.contains("canary"), "{shown}");
    assert!(shown.ends_with(r#""accept": "*/*"}"#), "{shown}");
}

#[test]
fn what_a_field_of_a_span_or_a_log_says_is_masked() {
    for (name, value) in [
        ("url.query", "code=canary&state=1"),
        ("uri", "/reset?token=canary"),
        ("uri", "https://ann:canary@host/p"),
        ("path", "/callback?code=canary&state=1"),
        ("http.request.header.cookie", "sid=canary"),
        (
            "http.response.header.set-cookie",
            "[\"sid=canary; Path=/\"]",
        ),
        ("headers", "{\"host\": \"a\", \"cookie\": \"sid=canary\"}"),
        (
            "form",
            "LoginForm { username: \"ann\", password: \"canary\" }",
        ),
        (
            "form",
            "Form(Login { user: 1, password: Some(Password(\"canary\")) })",
        ),
        ("login", "Some(Login { password: Some(\"canary\") })"),
        ("error", "login failed: password=canary"),
        ("error", "no connection to postgres://ann:canary@host/db"),
        (
            "uri",
            "/login?next=https%3A%2F%2Fhost%2F%3FloginToken%3Dcanary",
        ),
        ("oauth.device_code", "canary"),
        (
            "db.statement",
            "UPDATE users SET password = 'canary' WHERE id = 1",
        ),
    ] {
        let shown = mask_field(name, value).unwrap_or_default();
        assert!(!shown.contains("canary"), "{name}: {shown}");
        assert!(shown.contains("[redacted]"), "{name}: {shown}");
    }
    for (name, value) in [
        ("uri", "/books?page=2&code_of=1"),
        ("url.query", "page=2"),
        ("error", "invalid token: expected a number (or two)"),
        ("book", "Book { title: \"token: x\", pages: 3 }"),
        ("stats", "polls: 3, cpu: 1.2ms"),
        (
            "db.statement",
            "UPDATE a SET \"session_id\" = $1 WHERE token = ?",
        ),
        (
            "db.query.text",
            "SELECT 1 FROM a JOIN b ON a.token = b.token",
        ),
        ("summary", "UPDATE a SET session_id = $1"),
    ] {
        assert_eq!(mask_field(name, value), None, "{name}");
    }
}

#[test]
fn a_sensitive_value_is_masked_whatever_its_name() {
    let mut out = Vec::new();
    assert!(put_value(&mut out, Class::Known, true, b"canary"));
    assert!(out.starts_with(b"[redacted #"));
}
