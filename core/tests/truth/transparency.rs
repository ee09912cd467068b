//! Whether the app and its client notice anything: the same plan on plain axum, and on onionskin switched off, recorded with
//! nobody to look, and recorded with its bodies.

use crate::{
    check::Verdict,
    drive::{On, Ran, run},
    hold,
    log::{Event, How, Seen},
    plan::Case,
};

/// What the layers and the client saw and how often each body was asked is the same everywhere.
pub fn check(case: &Case) -> Verdict {
    let plain = run(case, On::Plain);
    for on in [On::Off, On::Untapped, On::Tapped] {
        let ours = run(case, on);
        same(&plain, &ours).map_err(|what| format!("{on:?}: {what}\n\n{case:#?}"))?;
    }
    Ok(())
}

fn same(plain: &Ran, ours: &Ran) -> Verdict {
    let (a, b) = (&plain.client, &ours.client);
    hold!(a.head == b.head, "the head\n{:?}\n{:?}", a.head, b.head);
    hold!(
        a.hint == b.hint,
        "the size hint: {:?} and {:?}",
        a.hint,
        b.hint
    );
    hold!(
        a.frames == b.frames,
        "the frames\n{:?}\n{:?}",
        a.frames,
        b.frames
    );
    let polls = |ran: &Ran| ran.given.iter().map(|g| g.polls).collect::<Vec<_>>();
    let (a, b) = (polls(plain), polls(ours));
    hold!(a == b, "polls of the kit's bodies: {a:?} and {b:?}");
    let (a, b) = (story(plain), story(ours));
    for (at, (a, b)) in a.iter().zip(&b).enumerate() {
        hold!(a == b, "event {at} of the kit\n{a}\n{b}");
    }
    hold!(
        a.len() == b.len(),
        "{} and {} events of the kit",
        a.len(),
        b.len()
    );
    Ok(())
}

/// The events of the kit as text: who met what, in which order, and how it ended.
fn story(ran: &Ran) -> Vec<String> {
    let seen = |s: &Seen| format!("{s:?}");
    let how = |h: &How| match h {
        How::Returned(s) => seen(s),
        other => format!("{other:?}"),
    };
    let line = |event: &Event| match event {
        Event::Enter {
            visit,
            place,
            caller,
            seen: s,
        } => format!("{visit} enters {place:?} for {caller:?}: {}", seen(s)),
        Event::Call {
            call, by, seen: s, ..
        } => format!("{by} calls {call}: {}", seen(s)),
        Event::Back { call, how: h } => format!("{call} is back: {}", how(h)),
        Event::Leave { visit, how: h } => format!("{visit} leaves: {}", how(h)),
        Event::GaveUp => "gave up".into(),
        Event::Head => "head".into(),
        Event::Body(left) => format!("body {left:?}"),
    };
    ran.events.iter().map(line).collect()
}
