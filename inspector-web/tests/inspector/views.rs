use crate::app::{App, inspector};
use crate::fixture::RUN;
use onionskin_web::{
    Client, Inspector, Limits,
    model::{Content, ContentKind, MessagePart},
    view::BodyOptions,
};
use tempfile::TempDir;

/// An inspector that has one cycle of the fixture.
async fn one_cycle() -> (Inspector, Client, TempDir, String) {
    let (inspector, client, dir) = inspector(Limits::default()).await;
    let (mut app, _) = App::connect(inspector.socket(), RUN).await;
    app.tell(RUN, [1]).await;
    let id = format!("{RUN}-1");
    crate::app::until_some(async || client.cycle(&id).await.ok()).await;
    (inspector, client, dir, id)
}

#[tokio::test]
async fn a_cycle_comes_as_rows_and_steps() {
    let (_inspector, client, _dir, id) = one_cycle().await;
    let timeline = client.timeline(&id).await.unwrap();
    assert_eq!(timeline.cycle.id, id);
    let names: Vec<_> = timeline.rows.iter().map(|r| &*r.name).collect();
    assert_eq!(names, ["parse", "show_book"]);
    assert_eq!(timeline.steps.len(), 3);
    let added = &timeline.steps[2].edits[0];
    assert_eq!(
        (added.what, added.to.as_ref()),
        (MessagePart::Status, Some(&"200".into()))
    );
    assert_eq!(
        timeline.bodies[0].content_type.as_deref(),
        Some("text/plain")
    );
    assert_eq!(timeline.bodies[0].kept, 4);
}

#[tokio::test]
async fn a_message_comes_with_who_set_what() {
    let (_inspector, client, _dir, id) = one_cycle().await;
    let view = client.step(&id, 2).await.unwrap();
    let odd = view
        .request
        .lines
        .iter()
        .find(|l| l.name.as_deref() == Some("x-odd"));
    let odd = odd.unwrap();
    assert_eq!(odd.value.as_ref().unwrap().0, [0xff]);
    assert_eq!(odd.history[0].name, "client");
    let body = view.response.unwrap().body.unwrap();
    assert_eq!((body.index, &*body.history[0].name), (Some(0), "show_book"));
}

#[tokio::test]
async fn a_body_comes_as_it_is_asked_for() {
    let (_inspector, client, _dir, id) = one_cycle().await;
    let view = async |kind| {
        let options = BodyOptions {
            kind,
            ..BodyOptions::default()
        };
        client.body_view(&id, 0, options).await.unwrap()
    };
    let best = view(None).await;
    assert_eq!((best.kind, best.complete), (ContentKind::Hex, true));
    assert!(matches!(best.content, Content::Hex { rows, .. } if rows[0].hex == "00 ff 3c 3e"));
    for kind in [ContentKind::Text, ContentKind::Json, ContentKind::Image] {
        assert_eq!(view(Some(kind)).await.kind, kind);
    }
}

#[tokio::test]
async fn two_cycles_are_compared() {
    let (inspector, client, _dir, id) = one_cycle().await;
    let (mut app, _) = App::connect(inspector.socket(), RUN).await;
    app.tell(RUN, [2]).await;
    let other = format!("{RUN}-2");
    crate::app::until_some(async || client.cycle(&other).await.ok()).await;
    assert_eq!(client.insights(&id).await.unwrap(), []);
    let comparison = client.compare(&id, &other).await.unwrap();
    assert_eq!((&*comparison.a.id, &*comparison.b.id), (&*id, &*other));
    assert_eq!(comparison.first, Some(0));
    let edit = &comparison.rows[0].differences[0];
    assert_eq!(
        (edit.what, edit.to.as_ref()),
        (MessagePart::Uri, Some(&"/books/2".into()))
    );
}
