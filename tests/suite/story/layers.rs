//! Which layers a request met, in which order, and what each of them did.

use super::{cycle_of, delta, edits, the_app, way};
use onionskin::wire::{Change, Edge, ExtensionEdit, Resolved, SiteKind, Stage};

const CREATE: &str = "POST /notes HTTP/1.1\ncontent-type: application/json";

#[test]
fn each_in_its_place() {
    let cycle = cycle_of(CREATE, br#"{"text":"milk"}"#);
    let way = way(&cycle);
    let expected = [
        "> serve",
        "> AddExtension",
        "> resolve",
        "< resolve",
        "> CorsLayer",
        "> TraceLayer",
        "> SetResponseHeaderLayer",
        "> stamp",
        "> create",
        "< create",
        "< stamp",
        "< SetResponseHeaderLayer",
        "< TraceLayer",
        "< CorsLayer",
        "< router",
        "< AddExtension",
        "> send",
        "< send",
    ];
    // The router leaves twice: when it has found the route, and when the response leaves it.
    let way: Vec<_> = way
        .iter()
        .enumerate()
        .map(|(i, name)| match (i, name.as_str()) {
            (14, "< resolve") => "< router",
            (_, name) => name,
        })
        .collect();
    assert_eq!(way, expected);
    let kinds: Vec<_> = cycle.sites.iter().map(|site| site.kind).collect();
    assert_eq!(kinds[..2], [SiteKind::Server, SiteKind::Around]);
    assert_eq!(kinds[2], SiteKind::Router);
    assert_eq!(kinds[3..7], [SiteKind::Layer; 4]);
    assert_eq!(kinds[7..], [SiteKind::Handler]);
    for pair in cycle.steps.windows(2) {
        assert!(pair[0].t_ns <= pair[1].t_ns);
    }
    assert!(cycle.never_ran.is_empty());
}

#[test]
fn what_each_did_to_the_headers() {
    let head = format!("{CREATE}\nx-private: 1\norigin: http://shop.example");
    let cycle = cycle_of(&head, br#"{"text":"milk"}"#);
    let request = |name| edits(delta(&cycle, Edge::In, name));
    let response = |name| edits(delta(&cycle, Edge::Out, name));
    // What a layer did to the request is seen where the next place is entered.
    for untouched in [
        "AddExtension",
        "CorsLayer",
        "TraceLayer",
        "SetResponseHeaderLayer",
        "stamp",
    ] {
        assert_eq!(request(untouched), [""; 0], "{untouched}");
    }
    let stamped = request("create");
    assert!(
        stamped.contains(&"- x-private: 1".to_owned()),
        "{stamped:?}"
    );
    assert!(stamped.contains(&"+ x-stamp: in".to_owned()), "{stamped:?}");
    let others = stamped.iter().filter(|edit| !edit.starts_with("= "));
    assert_eq!(others.count(), 2, "{stamped:?}");
    assert_eq!(response("stamp"), ["+ x-stamp: out"]);
    assert_eq!(response("SetResponseHeaderLayer"), ["+ x-version: 7"]);
    assert_eq!(response("TraceLayer"), [""; 0]);
    assert_eq!(
        response("CorsLayer"),
        ["+ access-control-allow-origin: http://shop.example"]
    );
    assert_eq!(response("router"), ["+ content-length: 15"]);
}

#[test]
fn the_route_its_parameters_and_its_view() {
    let head = "GET /admin/notes/7/a/b%20c HTTP/1.1\nauthorization: Bearer open-sesame";
    let cycle = cycle_of(head, b"");
    let resolved = cycle.steps.iter().find_map(|step| step.resolved.clone());
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(
        resolved,
        Some(Resolved {
            tried: Vec::new(),
            route: Some("/admin/notes/{id}/{*rest}".into()),
            params: vec![pair("id", "7"), pair("rest", "a/b c")],
        })
    );
    assert_eq!(cycle.route.as_deref(), Some("/admin/notes/{id}/{*rest}"));
    let view = cycle
        .sites
        .iter()
        .find(|site| site.name == "inspect")
        .unwrap();
    assert_eq!(view.extractors, ["Path<(u32, String)>", "Extension<Admin>"]);
    assert_eq!(view.kind.stage(), Stage::View);
    assert!(view.file.ends_with("notes.rs") && view.line > 0);
    // The extension that the layer put in.
    let added = &delta(&cycle, Edge::In, "inspect").extensions;
    let [ExtensionEdit::Add { type_name, .. }] = &added[..] else {
        panic!("{added:?}");
    };
    assert!(type_name.ends_with("::Admin"), "{type_name}");
    // The nest takes its prefix off, and the layer around it does not.
    assert_eq!(delta(&cycle, Edge::In, "nest /admin").uri, None);
    let uri = delta(&cycle, Edge::In, "inside nest /admin").uri.clone();
    assert_eq!(
        uri,
        Some(Change {
            from: Some("/admin/notes/7/a/b%20c".into()),
            to: "/notes/7/a/b%20c".into(),
        })
    );
}

#[test]
fn the_map_has_every_route_and_its_chain() {
    drop(cycle_of("GET / HTTP/1.1", b""));
    let app = the_app();
    let watch = &app.1;
    let run = watch.runs().pop().unwrap();
    assert!(run.has_stack);
    let stack = watch.stack(&run.run);
    let name = |id: &u32| &*stack.sites.iter().find(|site| site.id == *id).unwrap().name;
    let chain = |path: &str, method: &str| {
        let route = stack
            .routes
            .iter()
            .find(|route| route.path == path)
            .unwrap();
        let takes = |m: &Vec<String>| m.iter().any(|m| m == method);
        let end = route.endpoints.iter().find(|e| takes(&e.methods)).unwrap();
        end.chain.iter().map(name).collect::<Vec<_>>()
    };
    let around = ["CorsLayer", "TraceLayer", "SetResponseHeaderLayer", "stamp"];
    assert_eq!(chain("/notes", "POST"), [&around[..], &["create"]].concat());
    assert_eq!(
        chain("/slow", "GET"),
        [&around[..], &["TimeoutLayer", "slow"]].concat()
    );
    assert_eq!(
        chain("/admin/clear", "POST"),
        [&around[..], &["nest /admin", "require_token", "clear"]].concat()
    );
    assert_eq!(
        chain("/upload", "POST"),
        [&around[..], &["DefaultBodyLimit", "upload"]].concat()
    );
    let fallback: Vec<_> = stack.fallback.chain.iter().map(name).collect();
    assert_eq!(fallback, [&around[..], &["lost"]].concat());
}
