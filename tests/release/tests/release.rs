//! What is in a build: in a release, nothing of the tool; in a debug build, the tool (so the search is known to find it).
//!
//! `cargo test --release -p onionskin-release-check`. The types are compared in releases only.

/// The program, as a file.
fn program() -> Vec<u8> {
    std::fs::read(env!("CARGO_BIN_EXE_notes-released")).expect("cargo built it")
}

/// How often these bytes are in the program: in its symbols, its debug information or its text.
fn found(program: &[u8], what: &str) -> usize {
    let windows = program.windows(what.len());
    windows.filter(|window| *window == what.as_bytes()).count()
}

/// Crate names (and so all symbols), variables of the environment, and words of messages.
const OURS: [&str; 4] = ["onionskin", "ONIONSKIN", "twox_hash", "nothing is recorded"];

#[cfg(debug_assertions)]
#[test]
fn the_tool_is_found_where_it_is() {
    let program = program();
    for word in OURS {
        assert!(found(&program, word) > 0, "{word}");
    }
}

#[cfg(not(debug_assertions))]
mod released {
    use super::{OURS, found, program};
    use std::any::{Any, TypeId, type_name};

    #[test]
    fn nothing_of_the_tool_is_in_the_program() {
        let program = program();
        assert!(found(&program, "notes") > 0, "it is the right file");
        assert!(found(&program, "hyper") > 0, "it has its symbols");
        for word in OURS {
            assert_eq!(found(&program, word), 0, "{word}");
        }
    }

    fn same<A: Any, B: Any>() {
        assert_eq!(TypeId::of::<A>(), TypeId::of::<B>(), "{}", type_name::<A>());
    }

    /// The type that a function, which is never called, returns.
    fn type_returned<T, R>(_: impl FnOnce(T) -> R) -> &'static str {
        type_name::<R>()
    }

    #[test]
    fn the_types_are_axums() {
        same::<onionskin::Router, axum::Router>();
        same::<onionskin::Router<u8>, axum::Router<u8>>();
        same::<onionskin::routing::Router, axum::Router>();
        same::<onionskin::routing::MethodRouter, axum::routing::MethodRouter>();
        same::<onionskin::routing::RouterIntoService<()>, axum::routing::RouterIntoService<()>>();
        type Listener = tokio::net::TcpListener;
        let theirs = type_returned(|l: Listener| axum::serve(l, axum::Router::new()));
        let ours = type_returned(|l: Listener| onionskin::serve(l, onionskin::Router::new()));
        assert_eq!(theirs, ours);
        assert!(!ours.contains("onionskin"), "{ours}");
        // The very functions.
        async fn view() {}
        fn name_of<F>(_: F) -> &'static str {
            type_name::<F>()
        }
        assert_eq!(
            name_of(axum::routing::get::<fn() -> std::future::Ready<()>, ((),), ()>),
            name_of(onionskin::routing::get::<fn() -> std::future::Ready<()>, ((),), ()>)
        );
        let router: axum::Router =
            onionskin::Router::new().route("/", onionskin::routing::get(view));
        assert!(router.has_routes());
    }

    #[test]
    fn the_builder_is_towers() {
        use tower::layer::util::{Identity, Stack};
        same::<onionskin_tower::ServiceBuilder<u8>, tower::ServiceBuilder<u8>>();
        same::<onionskin_tower::builder::ServiceBuilder<u8>, tower::ServiceBuilder<u8>>();
        same::<onionskin_tower::plain::ServiceBuilder<u8>, tower::ServiceBuilder<u8>>();
        let stack = onionskin_tower::ServiceBuilder::new().map_response(|(): ()| ());
        fn is_towers<T>(_: tower::ServiceBuilder<Stack<T, Identity>>) {}
        is_towers(stack);
    }

    #[test]
    fn what_is_only_ours_does_nothing() {
        let layer = tower::layer::util::Identity::new();
        let traced: onionskin::Traced<_> = onionskin::traced("a name", layer);
        assert_eq!(
            traced.type_id(),
            TypeId::of::<tower::layer::util::Identity>()
        );
        onionskin::set_recording(true);
        assert!(!onionskin::is_recording());
        assert!(onionskin::flush(std::time::Duration::ZERO));
        assert_eq!(onionskin::counters(), Default::default());
    }
}
