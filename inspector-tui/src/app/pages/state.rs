//! The inspector, what became of cycles, and the apps with their runs.

use super::{PageLine, answer, dim, of, plain};
use crate::{
    app::{Action, App, Role, piece},
    ask::{Answer, Question},
    zone::Zone,
};
use onionskin::text::{counted, duration, escape, grouped, size};
use onionskin_web::model::{Run, Status};

/// ```text
/// Inspector
///   version 0.1.0, pid 4711, up for 12.8 s
///   seen 1,207 = 0 open + 1,204 stored + 0 evicted + 3 dropped + 0 filtered
/// Apps
///   shop
///     run 2   pid 7   connected   since 12:01:07.291        1,204 kept
/// ```
pub(super) fn lines(app: &App) -> Vec<PageLine> {
    let mut lines = vec![PageLine::heading("Inspector")];
    let status = answer(app, &Question::Status, |answer| match answer {
        Answer::Status(status) => Some(status.clone()),
        _ => None,
    });
    match status {
        Ok(status) => lines.extend(inspector(&status)),
        Err(waiting) => lines.extend(waiting),
    }
    lines.push(PageLine::default());
    lines.push(PageLine::heading("Apps"));
    let apps = answer(app, &Question::Apps, |answer| match answer {
        Answer::Apps(apps) => Some(apps.clone()),
        _ => None,
    });
    match apps {
        Ok(apps) if apps.is_empty() => lines.push(dim("  none yet")),
        Ok(apps) => {
            for one in apps.iter() {
                lines.push(plain(format!("  {}", escape(&one.name))));
                lines.extend(one.runs.iter().rev().map(|r| run(r, &app.zone)));
            }
        }
        Err(waiting) => lines.extend(waiting),
    }
    lines
}

fn inspector(status: &Status) -> Vec<PageLine> {
    let counters = &status.counters;
    let mut lines = vec![
        plain(format!(
            "  version {}, pid {}, up for {}",
            escape(&status.version),
            status.pid,
            duration(status.uptime_ms.saturating_mul(1_000_000)),
        )),
        plain(format!(
            "  seen {} = {} open + {} stored + {} evicted + {} dropped + {} filtered",
            grouped(counters.seen),
            grouped(counters.open),
            grouped(counters.stored),
            grouped(counters.evicted),
            grouped(counters.dropped_total()),
            grouped(counters.filtered),
        )),
    ];
    lines.extend(
        counters
            .dropped
            .iter()
            .filter(|(_, n)| **n > 0)
            .map(|(why, n)| {
                let text = format!(
                    "  {} dropped: {}",
                    grouped(*n),
                    escape(&why.replace('_', " "))
                );
                of(vec![piece(Role::Warning, text)])
            }),
    );
    lines.push(plain(format!(
        "  memory {} of {}",
        size(status.memory.bytes),
        size(status.memory.cap)
    )));
    let socket = status.socket.as_deref().map(escape);
    lines.push(plain(format!(
        "  {} connected at {}",
        counted(status.connected, "app"),
        socket.unwrap_or_else(|| "no socket".into()),
    )));
    for link in &status.links {
        lines.push(plain("  or by TCP, with".to_owned()));
        lines.push(plain(format!("    ONIONSKIN_LINK={}", escape(link))));
    }
    lines.push(plain(format!(
        "  {} of {} clients follow live; {} refused",
        status.live_clients,
        status.live_clients_max,
        counted(status.refused_links, "link"),
    )));
    if let Some(recording) = &status.recording {
        let state = match (&recording.stopped_because, recording.running) {
            (Some(why), _) => format!("stopped: {}", escape(why)),
            (None, true) => "running".into(),
            (None, false) => "ended".into(),
        };
        lines.push(plain(format!(
            "  recording {}: {state}, {}, {} missed, {}",
            escape(&recording.file),
            counted(recording.cycles, "cycle"),
            grouped(recording.missed),
            size(recording.bytes),
        )));
    }
    if let Some(opened) = &status.opened {
        lines.push(plain(format!("  shows {}", escape(&opened.file))));
        lines.extend(
            opened
                .notes
                .iter()
                .map(|note| dim(format!("    {}", escape(note)))),
        );
    }
    lines
}

fn run(run: &Run, zone: &Zone) -> PageLine {
    let state = match run.connected {
        true => piece(Role::Good, "connected"),
        false => piece(Role::Dim, "gone"),
    };
    let counters = &run.counters;
    let started = zone.clock(run.started_unix_us);
    PageLine {
        right: vec![piece(
            Role::Dim,
            format!(
                "{} seen  {} kept  {} lost",
                grouped(counters.seen),
                grouped(counters.stored),
                grouped(counters.dropped_total())
            ),
        )],
        pieces: vec![
            piece(
                Role::Plain,
                format!("    run {}  pid {}  ", run.ordinal, run.pid),
            ),
            state,
            piece(
                Role::Dim,
                format!("  since {}  {}", &started[..8], escape(&run.command)),
            ),
        ],
        action: Some(Action::Filter(format!("run:{}", run.run))),
        source: None,
    }
}
